"""A plot of bench/compare as SVG: of each task and program the time over coterie's, on a logarithmic scale."""

import math
from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, TOP = 22, 300, 520, 70


def ratios(title, results):
    rows = [(task, name, row) for task, programs in results.items() for name, row in programs.items()]
    known = [r["most_ratio"] for _, _, r in rows if "ratio" in r] + [r["least_ratio"] for _, _, r in rows if "ratio" in r]
    low = math.floor(math.log10(min(known + [1])))
    high = max(math.ceil(math.log10(max(known + [1]))), low + 1)
    x = lambda ratio: LEFT + WIDTH * (math.log10(ratio) - low) / (high - low)
    height = TOP + ROW * (len(rows) + len(results)) + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 140}" height="{height}" font-family="sans-serif" font-size="13">',
             f'<rect width="100%" height="100%" fill="white"/><text x="16" y="24" font-size="16">{escape(title)}</text>',
             '<text x="16" y="44" fill="#555">time over coterie\'s, medians of interleaved rounds, with minimum and maximum (logarithmic)</text>']
    for power in range(low, high + 1):
        at = x(10.0 ** power)
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 8}" y2="{height - 24}" stroke="#ddd"/>'
                     f'<text x="{at:.1f}" y="{height - 8}" text-anchor="middle" fill="#555">{10.0 ** power:g}</text>')
    y = TOP
    for task, programs in results.items():
        parts.append(f'<text x="16" y="{y + 14}" font-weight="bold">{escape(task)}</text>')
        y += ROW
        for name, row in programs.items():
            parts.append(f'<text x="{LEFT - 12}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
            if "ratio" in row:
                color = "#1b6ca8" if name == "coterie" else "#c8553d"
                start, end = sorted((x(1), x(row["ratio"])))
                parts.append(f'<rect x="{start:.1f}" y="{y + 3}" width="{max(end - start, 2):.1f}" height="14" fill="{color}"/>'
                             f'<line x1="{x(row["least_ratio"]):.1f}" x2="{x(row["most_ratio"]):.1f}" y1="{y + 10}" y2="{y + 10}" stroke="#333"/>'
                             f'<text x="{max(end, x(row["most_ratio"])) + 6:.1f}" y="{y + 14}">{row["ratio"]:.2f}</text>')
            else:
                parts.append(f'<text x="{x(1) + 6:.1f}" y="{y + 14}" fill="#888">{escape(row["no_time"])[:70]}</text>')
            y += ROW
    return "\n".join(parts) + "\n</svg>\n"
