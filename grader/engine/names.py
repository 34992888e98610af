"""Names of students. The engine takes those that mean one folder and one row of the gradebook."""

import unicodedata

_PATTERN = frozenset("*?[]")


def why_refused(student: str) -> str:
    """Why nobody of this name is graded, in words; "" for a name like any other.

    A folder's name may come from an archive or another system. nbgrader takes it for a pattern, for
    a path or for the name of somebody else, and a terminal obeys some of its characters.

    Args:
        student: the name of a folder of submissions.
    """
    try:
        student.encode()
    except UnicodeEncodeError:
        return f"the name {student!a} is not UTF-8: rename the folder"
    if student.startswith(".") or set(student) & set("/\\"):
        return f"the name {student!a} is a path: rename the folder"
    if set(student) & _PATTERN:
        return f"the name {student!a} is a pattern that may mean others: rename the folder"
    if not student.isprintable() or student != student.strip():
        return f"the name {student!a} does not look like what it is: rename the folder"
    if student != unicodedata.normalize("NFC", student):
        return f"the name {student!a} looks like another: rename the folder to its NFC form"
    return ""
