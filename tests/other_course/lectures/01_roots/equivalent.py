"""Changes of the references that no case can tell apart, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "roots.bisect": {
        "21b381f2b10c": "f(a) <= 0 for f(a) < 0: f(a) is never 0, it has a sign",
        "bbc812656a57": "f(middle) <= 0 for f(middle) < 0: at a zero both halves are right",
    },
}
