"""Writes sqlite_oracle.tsv: random expressions of the common language and what SQLite says of them.

Run: python3 sqlite_oracle.py > sqlite_oracle.tsv. What is left out because products differ on purpose: text against
numbers, doubles as text, integer overflow, and text beyond ASCII in UPPER and LOWER.
"""

import random
import sqlite3

ROW = {"a": 7, "b": -3, "n": None, "x": 2.5, "s": "Paris", "t": "a%b_", "m": None}
random.seed(20240501)


def number(depth):
    if depth == 0:
        return random.choice(["a", "b", "n", "x", "0", "1", "12", "2.5", "-4", "NULL"])
    return random.choice([
        lambda: f"({number(depth - 1)} {random.choice('+-*/')} {number(depth - 1)})",
        lambda: f"(a % {random.choice([0, 2, 3, -5])})",
        lambda: f"ABS({number(depth - 1)})",
        lambda: f"COALESCE({number(depth - 1)}, {number(depth - 1)})",
        lambda: f"NULLIF({number(depth - 1)}, {number(depth - 1)})",
        lambda: f"CASE WHEN {condition(depth - 1)} THEN {number(depth - 1)} ELSE {number(depth - 1)} END",
        lambda: f"LENGTH({text(depth - 1)})",
        lambda: f"-({number(depth - 1)})",
    ])()


def text(depth):
    if depth == 0:
        return random.choice(["s", "t", "m", "'Paris'", "''", "'it''s'", "'100%'"])
    return random.choice([
        lambda: f"({text(depth - 1)} || {text(depth - 1)})",
        lambda: f"UPPER({text(depth - 1)})",
        lambda: f"LOWER({text(depth - 1)})",
        lambda: f"TRIM({text(depth - 1)})",
        lambda: f"REPLACE({text(depth - 1)}, 'a', 'oo')",
        lambda: f"SUBSTR({text(depth - 1)}, {random.randint(1, 6)}, {random.randint(0, 4)})",
        lambda: f"COALESCE({text(depth - 1)}, {text(depth - 1)})",
    ])()


def condition(depth):
    comparison = random.choice(["=", "<>", "!=", "<", "<=", ">", ">="])
    if depth == 0:
        return random.choice([f"{number(0)} {comparison} {number(0)}", f"{text(0)} {comparison} {text(0)}"])
    no = random.choice(["", "NOT "])
    return random.choice([
        lambda: f"({condition(depth - 1)} AND {condition(depth - 1)})",
        lambda: f"({condition(depth - 1)} OR {condition(depth - 1)})",
        lambda: f"(NOT {condition(depth - 1)})",
        lambda: f"({number(depth - 1)} {comparison} {number(depth - 1)})",
        lambda: f"({text(depth - 1)} {comparison} {text(depth - 1)})",
        lambda: f"({number(depth - 1)} {no}BETWEEN {number(0)} AND {number(0)})",
        lambda: f"({number(depth - 1)} {no}IN ({number(0)}, {number(0)}, {number(0)}))",
        lambda: f"({text(depth - 1)} {no}IN ({text(0)}, {text(0)}))",
        lambda: f"({text(depth - 1)} {no}LIKE {random.choice(['s', chr(39) + '%a%' + chr(39), chr(39) + 'P_r%s' + chr(39), chr(39) + '%!%%' + chr(39)])} ESCAPE '!')",
        lambda: f"({number(depth - 1)} IS {no}NULL)",
    ])()


database = sqlite3.connect(":memory:")
database.execute("PRAGMA case_sensitive_like = ON")
database.execute("CREATE TABLE layer (a INTEGER, b INTEGER, n INTEGER, x REAL, s TEXT, t TEXT, m TEXT)")
database.execute("INSERT INTO layer VALUES (:a, :b, :n, :x, :s, :t, :m)", ROW)
for index in range(600):
    expression = [number, text, condition, condition][index % 4](random.randint(1, 3))
    (result,) = database.execute(f"SELECT {expression} FROM layer").fetchone()
    kind = {type(None): "null", int: "integer", float: "double", str: "text"}[type(result)]
    print(f"{expression}\t{kind}\t{'' if result is None else repr(result) if kind == 'double' else result}")
