"""Settings for every nbgrader command that is run in this directory."""

from grader.engine.clear_answers import PREPROCESSORS

c = get_config()  # given by nbgrader

c.CourseDirectory.course_id = "deep-training-lab"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"

c.ClearSolutions.code_stub = {
    "python": '# YOUR CODE HERE\nraise NotImplementedError("Replace this line with your own code.")'
}

# The answer of a question becomes None. Without this line it stops a run with an error.
c.GenerateAssignment.preprocessors = PREPROCESSORS

# notebooks/ is committed. Without this, generate_assignment would find it there, skip the
# assignment and never enter it in the gradebook.
c.GenerateAssignment.force = True

# Seconds per cell. A loop without an end costs one cell's points, not the evening.
c.Execute.timeout = 30

# Text of submissions is shown without script, in formgrader too.
c.HTMLExporter.filters = {
    "clean_html": "grader.engine.safe_html.raw2html",
    "markdown2html": "grader.engine.safe_html.markdown2html",
}

# Autograde in shut-in processes. Without this line nbgrader's own autograde runs.
__import__("grader.engine").engine.use_for_nbgrader()
