"""Settings for every nbgrader command that is run in this folder."""

c = get_config()  # given by nbgrader

c.CourseDirectory.course_id = "elementary-numerics"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("Write your own here.")'}
c.GenerateAssignment.force = True
c.Execute.timeout = 30

# Autograde in shut-in processes. Without this line nbgrader's own autograde runs.
__import__("grader.engine").engine.use_for_nbgrader()
