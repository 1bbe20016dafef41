"""SymPy asked in this process: the same request, the same answers, without the time a process takes to start."""

import json

import sympy

from gradcli.verify import check, symbolic
from gradcli.verify.precise import UnsupportedError
from gradcli.verify.process import Findings


class InThisProcess:
    """In the place of process.SymbolicProcess."""

    def __init__(self):
        self._findings = Findings()
        self._request = None

    def ask(self, request):
        self._request = json.loads(json.dumps(request))

    def give_up(self, reason):
        self._findings.reason = reason

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def findings(self):
        found = self._findings
        if self._request is None:
            return found
        try:
            for finding in symbolic.derive(sympy, self._request):
                found.take(json.dumps(finding).encode())
        except UnsupportedError as error:
            found.take(json.dumps(["unsupported", str(error)]).encode())
        return found


def use(monkeypatch):
    monkeypatch.setattr(check, "SymbolicProcess", InThisProcess)
