"""What holds for every test: Hypothesis sets no deadlines, because other people's machines are slow at times."""

from hypothesis import settings

settings.register_profile("aimon", deadline=None)
settings.load_profile("aimon")
