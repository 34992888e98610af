"""Settings for every nbgrader command that is run in a copy of this course."""

c = get_config()  # given by nbgrader

c.CourseDirectory.course_id = "two-scales"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.GenerateAssignment.force = True
c.Execute.timeout = 30
c.HTMLExporter.filters = {
    "clean_html": "grader.engine.safe_html.raw2html",
    "markdown2html": "grader.engine.safe_html.markdown2html",
}
__import__("grader.engine").engine.use_for_nbgrader()
