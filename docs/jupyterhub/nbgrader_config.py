"""nbgrader on the hub, for everybody: which course, which exchange, where the class is graded."""

from pathlib import Path

c = get_config()  # given by nbgrader

c.CourseDirectory.course_id = "deep-training-lab"
c.Exchange.root = str(Path(__file__).resolve().parent / "exchange")

# An instructor has the course's folder, and in it the settings that grading needs.
course = Path.home() / "course"
if course.is_dir():
    c.CourseDirectory.root = str(course)
    load_subconfig(str(course / "nbgrader_config.py"))
