# SPDX-License-Identifier: Apache-2.0
"""What the pages draw, as graphviz reads it: the layers from the rules that tests hold them to, the states from what the
simulator answers to scenarios that enter and leave each of them. No arrow is drawn by hand but those of keys.dot."""
import json
import re
import subprocess

# What serves data, and what serves no one.
OPEN, SHUT = ("active", "customer_managed"), ("locked", "locking", "offline", "deleted", "retired")
LOOK = """
    graph [fontname="Helvetica", fontsize=11, bgcolor="transparent", pad=0.2, nodesep=0.45, ranksep=0.55];
    node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor="#f4f7fb", color="#5b7083", margin="0.14,0.07"];
    edge [fontname="Helvetica", fontsize=9, color="#5b7083", fontcolor="#33475b", arrowsize=0.7];
"""


def digraph(name, lines, **attributes):
    given = "".join(f"    {key}={value};\n" for key, value in attributes.items())
    return f"digraph {name} {{{LOOK}{given}" + "".join(f"    {line}\n" for line in lines) + "}\n"


def svg(dot, text):
    return subprocess.run([dot, "-Tsvg"], input=text, check=True, capture_output=True, text=True).stdout


# --- layers ---


def layers(house, tree, shown):
    """What may include what, without arrows that follow from others; an arrow that no header uses is dotted."""
    used = set()
    for header, _ in tree.headers():
        for target in house.own_includes(tree, header):
            used.add((house.layer_of(header), house.layer_of(target)))
    lines = [f'{layer} [label="{layer}", URL="page_docs_layers_{layer}.html"];' for layer in shown]
    for layer in shown:
        below = [one for one in house.ARROWS[layer] if one in shown]
        for one in below:
            if any(one in house.reach(other) for other in below if other != one):
                continue
            dotted = "" if any((layer, each) in used for each in house.reach(one)) else " [style=dotted]"
            lines.append(f"{layer} -> {one}{dotted};")
    return digraph("layers", lines, rankdir="TB")


# --- states ---


def answers(simulate, scenario):
    """The simulator's answers with states, each line of which it must have allowed where it asks for something."""
    run = subprocess.run([simulate, scenario, "--state"], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def changes(simulate, scenario, kind, name):
    """{(from, to): events} of one kind of thing, `keys` or `environments`, in one scenario; from None it is made."""
    found, before = {}, {}
    for answer in answers(simulate, scenario):
        for ring in answer.get("state", []):
            for thing in ring[kind]:
                which = (ring["ring"], thing[name])
                was = before.get(which)
                before[which] = thing["state"]
                if was == thing["state"] or not answer.get("events"):
                    continue
                events = answer["events"]
                own = [e["event"] for e in events if e.get(name) == thing[name] and e["event"] != "environment_removed"]
                found.setdefault((was, thing["state"]), set()).add((own or [e["event"] for e in events])[-1])
    return found


def label(events):
    """Several events have a line each; one alone breaks before its last word, so that the drawing is not wider than a page."""
    head, _, last = events[0].rpartition("_")
    return [f"{head}_", last] if len(events) == 1 and len(events[0]) > 12 else events


def states(simulate, scenarios, kind, name, order):
    """One drawing of all scenarios, and the states that are in it."""
    arrows = {}
    for scenario in scenarios:
        for arrow, events in changes(simulate, scenario, kind, name).items():
            arrows.setdefault(arrow, set()).update(events)
    seen = {state for arrow in arrows for state in arrow if state}
    lines = ['begin [shape=point, width=0.12, label=""];']
    fill = {**dict.fromkeys(OPEN, "#e7f5ea"), **dict.fromkeys(SHUT, "#fbeae8")}
    lines += [f'{state} [label="{state}", fillcolor="{fill.get(state, "#f4f7fb")}"];' for state in order if state in seen]
    for (was, now), events in sorted(arrows.items(), key=lambda arrow: str(arrow[0])):
        text = "\\n".join(f" {line} " for line in label(sorted(events)))
        lines.append(f'{was or "begin"} -> {now} [label="{text}"];')
    return digraph(kind, lines, rankdir="TB", nodesep=0.15, ranksep=0.45), seen


def environment_states(names_header):
    """What policy::state_name can answer, from its text."""
    body = names_header[names_header.index("state_name("):]
    return set(re.findall(r'"(\w+)"', body))
