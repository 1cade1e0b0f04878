"""Says first which of other people's programs this machine lacks: what needs them is skipped, by name."""

from tests.desktop.real.programs import missing


def pytest_report_header(config):
    if "desktop" not in config.option.markexpr.split():
        return None
    lacking = missing()
    if not lacking:
        return "desktop: every program is here"
    packages = " ".join(sorted({package for package in lacking.values() if package}))
    return [f"desktop: not installed here: {', '.join(lacking)}", f"desktop: Debian has them in: {packages}"]
