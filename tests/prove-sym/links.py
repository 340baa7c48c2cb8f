# SPDX-License-Identifier: GPL-2.0-only
"""A link of the chain from the guard's hooks to its answer: functions of its own object that meet a contract on every kernel, for two
solvers, and mistakes in copies of its source, each refuted by the clause it breaks. On 6.12 each clause is about some run, too. Used by core.test, move.test."""
import json, os, re, resource, subprocess, sys, tempfile, time
from planted import planted
here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
build = os.environ.get("BUILD", os.path.join(root, "build"))
KERNELS = ("6.1", "6.12", "7.2")
n = failed = 0

def ok(good, what, note=""):
    global n, failed
    n += 1
    failed += not good
    print(("" if good else "not ") + f"ok {n} - {what}" + ("" if good else "\n# " + note.replace("\n", "\n# ")), flush=True)

def run(*args):
    return subprocess.run(args, capture_output=True, text=True)

def said(v):
    """A counterexample through a function that is known by its contract need not replay: then the verdict is "unknown", and says so."""
    return "counterexample" if v["verdict"] == "unknown" and v.get("reason", "").startswith("a counterexample (") else v["verdict"]

def judge(contract, answers, kernel, obj, names, *options):
    """{program: {clause or property: verdict}}"""
    btf = run(os.path.join(root, "tools/vm"), "--btf", kernel).stdout.strip()
    r = run(os.path.join(build, "bpfprove"), "check", "--json", "--alone", "--timeout", "60", "--answers", answers, "--btf", btf,
            "--contract", contract, *options, *[a for name in names for a in ("--program", name)], obj)
    try:
        return {p["program"]: {v["title"] if v["property"] == "contract" else v["property"]: said(v) for v in p["verdicts"]}
                for p in json.loads(r.stdout)["programs"]}
    except ValueError:
        return {"error": {"stderr": r.stderr}}

def only(contract, where, clause, tmp):
    """The contract, in which one clause of a program or function is judged. The others of that block are not, and nobody relies on them."""
    with open(contract) as f:
        text = f.read()
    begin = re.search(rf"^(function|program) {where.split(':')[-1]} {{", text, re.M).end()
    end = text.index("\n}", begin)
    block = re.sub(r"\n  (?:check ensures|ensures|at \w+ ensures) (\w+):.*?;(?=\n)", lambda c: c[0] if c[1] == clause else "", text[begin:end], flags=re.S)
    path = os.path.join(tmp, "only.contract")
    with open(path, "w") as f:
        f.write(text[:begin] + block + text[end:])
    return path

def links(contract, clauses_of, bugs, by_z3=()):
    """clauses_of: {program: the clauses that have to hold}, by two solvers or, those of by_z3, by one; bugs: (what, file, text, instead, where,
    the clause that has to fail)."""
    contract = os.path.join(here, contract)
    began = time.time()
    with tempfile.TemporaryDirectory() as tmp:
        answers = os.path.join(tmp, "answers") # most questions are the same for all kernels
        for kernel in KERNELS:
            obj = os.path.join(build, "cordon.bpf.o")
            about = ["--vacuity"] if kernel == "6.12" else [] # each clause is about some run
            got = judge(contract, answers, kernel, obj, [name for name in clauses_of if name not in by_z3], "--both", *about)
            got |= judge(contract, answers, kernel, obj, by_z3, "--solver", "z3", *about) if by_z3 else {}
            for name, clauses in clauses_of.items():
                verdicts = got.get(name, {})
                ok(clauses <= set(verdicts) and all(verdicts[c] == "holds" for c in clauses) and all(v in ("holds", "absent") for v in verdicts.values()),
                   f"{kernel}: {name} holds", str(clauses - set(verdicts)) + str(verdicts or got))
        for what, file, text, instead, where, clause in bugs:
            obj, why = planted(root, tmp, (file, text, instead))
            got = judge(only(contract, where, clause, tmp), answers, "6.12", obj, [where], *(["--solver", "z3"] if where in by_z3 else [])) if obj else {}
            verdict = got.get(where, {}).get(clause)
            ok(verdict in ("fails", "counterexample"), f"refuted: {what} ({clause}: {verdict})", why or str(got))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"# {time.time() - began:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processors, at most {used.ru_maxrss // 1024} MiB in one process")
    print(f"1..{n}")
    sys.exit(1 if failed else 0)
