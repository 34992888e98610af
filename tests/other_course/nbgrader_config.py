"""Settings for every nbgrader command that is run in this folder."""

from grader.engine.clear_answers import PREPROCESSORS

c = get_config()  # given by nbgrader

c.CourseDirectory.course_id = "elementary-numerics"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("Write your own here.")'}

# The answer of a question becomes None. Without this line it stops a run with an error.
c.GenerateAssignment.preprocessors = PREPROCESSORS

c.GenerateAssignment.force = True
c.Execute.timeout = 30

# Autograde in shut-in processes. Without this line nbgrader's own autograde runs.
__import__("grader.engine").engine.use_for_nbgrader()
