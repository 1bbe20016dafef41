import pytest

from . import here


@pytest.fixture
def in_this_process(monkeypatch):
    here.use(monkeypatch)
