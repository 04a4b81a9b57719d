"""Computes trec.jsonl, the expected values of crates/rag-eval/tests/golden.rs:

    python3 -m venv venv && venv/bin/pip install pytrec-eval-terrier==0.5.11 ir-measures==0.4.3
    venv/bin/python crates/rag-eval/tests/golden/make.py > crates/rag-eval/tests/golden/trec.jsonl

Values of queries are those of pytrec_eval, which is trec_eval's own C code. They are computed by ir_measures too, and this
program fails where the two differ. Means are those of ir_measures ("mean", over all judged queries) and those of trec_eval
without -c ("mean_of_answered").

RR@10, which trec_eval does not have, is recip_rank where that is at least 1/10, and 0 elsewhere. The RR@10 of ir_measures is
another one: it comes from the script of MS MARCO and not from trec_eval, and orders equal scores by ascending id, where trec_eval
orders them by descending id. It keeps double precision, too. So the two are compared where all scores differ.

The runs are random, from one seed. Many scores are equal, some of them only in single precision, which trec_eval keeps. Ids sort
otherwise by bytes than by letters or numbers. Grades are -1 to 3; some queries have no relevant document, some are not in the
run, some of the run are not judged. No query has negative grades only: form_res_rels.c of trec_eval does not set num_rel_levels
then, and the value of the query before is used.

Numbers are written so that they read back as the same doubles.
"""

import json
import random
import struct
import sys
from collections import Counter
from importlib.metadata import version

import ir_measures
import pytrec_eval
from ir_measures import AP, P, R, RR, Success, nDCG

SEED = 20261129
RUNS = 200
DOCUMENTS = ["d1", "d10", "d2", "D3", "a", "B", "é4", "z-9", "日本", "_", "d", "d02", "A", "doc.7", "Z", "b1", "b10", "b2", "ß", "e4"]
TREC = ["ndcg_cut_5", "ndcg_cut_10", "recip_rank", "map", "recall_10", "P_10", "success_10"]
IR = [nDCG @ 5, nDCG @ 10, RR, AP, R @ 10, P @ 10, Success @ 10]

counts = Counter()


def score(rng):
    kind = rng.random()
    if kind < 0.6:
        return rng.randrange(-4, 9) / 4
    if kind < 0.8:
        # Equal in single precision and different in double precision.
        return 0.1 + rng.randrange(5) * 1e-10
    return round(rng.uniform(-2, 3), 4)


def qrels_of(rng):
    count = rng.randrange(1, 9)
    kind = rng.random()
    grades = [-1, 0] if kind < 0.15 else [0, 1] if kind < 0.3 else [-1, 0, 0, 1, 2, 3]
    judged = {document: rng.choice(grades) for document in rng.sample(DOCUMENTS, count)}
    if all(grade < 0 for grade in judged.values()):
        judged[next(iter(judged))] = 0
    return judged


def make(rng):
    queries = [f"q{number}" for number in range(1, rng.randrange(2, 5))]
    qrels = {query: qrels_of(rng) for query in queries}
    run = {}
    for query in queries:
        if rng.random() < 0.9:
            length = rng.choice([1, 3, 8, 12, 16, 20])
            run[query] = {document: score(rng) for document in rng.sample(DOCUMENTS, length)}
    if rng.random() < 0.1:
        run["unjudged"] = {"a": 1.0}
    return run, qrels


def expected(run, qrels):
    found = pytrec_eval.RelevanceEvaluator(qrels, set(TREC)).evaluate(run)
    assert found.keys() == run.keys() & qrels.keys(), found.keys()
    judgements = [ir_measures.Qrel(q, d, grade) for q, grades in qrels.items() for d, grade in grades.items()]
    scored = [ir_measures.ScoredDoc(q, d, s) for q, scores in run.items() for d, s in scores.items()]
    by_query = {(m.query_id, m.measure): m.value for m in ir_measures.iter_calc([*IR, RR @ 10], judgements, scored)}
    values = {}
    for query in qrels:
        for name, measure in zip(TREC, IR):
            one, other = found.get(query, {}).get(name, 0.0), by_query[query, measure]
            assert abs(one - other) < 1e-12, (query, name, one, other, run, qrels)
        if query in found:
            rr = found[query]["recip_rank"]
            rr_at_10 = rr if rr >= 1 / 10 else 0.0
            values[query] = [found[query][name] for name in TREC] + [rr_at_10]
            differs = abs(rr_at_10 - by_query[query, RR @ 10]) > 1e-12
            assert not (differs and all_differ(run[query].values())), (query, rr, run, qrels)
            counts["RR@10 compared"] += all_differ(run[query].values())
            counts["RR@10 of ir_measures is another one"] += differs
    aggregate = ir_measures.calc_aggregate(IR, judgements, scored)
    mean = [aggregate[measure] for measure in IR] + [sum(value[-1] for value in values.values()) / len(qrels)]
    answered = [sum(column) / len(values) for column in zip(*values.values())]
    return {"run": run, "qrels": qrels, "values": values, "mean": mean, "mean_of_answered": answered}


def all_differ(scores):
    """Whether all scores differ in single precision."""
    return len({struct.pack("f", score) for score in scores}) == len(scores)


def main():
    rng = random.Random(SEED)
    versions = {name: version(name) for name in ["pytrec-eval-terrier", "ir-measures"]}
    assert versions == {"pytrec-eval-terrier": "0.5.11", "ir-measures": "0.4.3"}, versions
    print(json.dumps({"measures": [*TREC, "RR@10"], "versions": versions}))
    for _ in range(RUNS):
        line = expected(*make(rng))
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


sys.stdout.reconfigure(encoding="utf-8")
main()
print(dict(counts), file=sys.stderr)
