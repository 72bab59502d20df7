"""Puts infra/dashboard.json into template.yaml, on one line. Separate from the template because a dashboard is read and
edited as JSON; inside it because CloudFormation wants a string. `python infra/dashboard.py` writes, `--check` compares."""

import json
import pathlib
import re
import sys

INFRA = pathlib.Path(__file__).resolve().parent
TEMPLATE = INFRA.parent / "template.yaml"
PLACE = re.compile(r"(?<=DashboardBody: !Sub >-\n)( +).*")


def main():
    body = json.dumps(json.loads((INFRA / "dashboard.json").read_text()), separators=(",", ":"))
    text = TEMPLATE.read_text()
    if not PLACE.search(text):
        sys.exit(f"{TEMPLATE}: no line after \"DashboardBody: !Sub >-\"")
    changed = PLACE.sub(lambda found: found[1] + body, text)
    if "--check" not in sys.argv:
        TEMPLATE.write_text(changed)
    elif changed != text:
        sys.exit("template.yaml has another dashboard than infra/dashboard.json: run python infra/dashboard.py")


if __name__ == "__main__":
    main()
