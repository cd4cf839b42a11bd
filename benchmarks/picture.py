"""Draws the JSON on standard input as an SVG file. It runs in an environment with matplotlib."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

OWN, OTHERS = "#0b6e4f", "#a3b1bf"


def draw(bars: Sequence[dict[str, Any]], path: str) -> None:
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "benchmark", "font.size": 9})
    cases = list(dict.fromkeys(bar["case"] for bar in bars))
    counts = [sum(bar["case"] == case for bar in bars) for case in cases]
    figure, panels = plt.subplots(
        len(cases),
        1,
        figsize=(7.5, 0.27 * sum(counts) + 0.75 * len(cases)),
        height_ratios=counts,
        layout="constrained",
    )
    for panel, case in zip(panels, cases, strict=True):
        shown = sorted((bar for bar in bars if bar["case"] == case), key=lambda bar: -bar["wall"])
        names = [bar["name"] for bar in shown]
        colours = [OWN if name.startswith("this tap") else OTHERS for name in names]
        drawn = panel.barh(names, [bar["wall"] for bar in shown], color=colours, height=0.7)
        labels = [f"{bar['wall']:.2f} s ({bar['cpu']:.2f} s CPU)" for bar in shown]
        panel.bar_label(drawn, labels, padding=3, fontsize=8)
        panel.set_title(case, loc="left", fontsize=10)
        panel.set_xlim(0, 1.35 * max(bar["wall"] for bar in shown))
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(length=0)
    panels[-1].set_xlabel("wall time in seconds, least of the rounds; shorter is better")
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    draw(json.load(sys.stdin), sys.argv[1])
