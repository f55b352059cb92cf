#!/usr/bin/env python3
"""Opens clickd-web's CSV exports in LibreOffice and looks at what a person would see: every cell the text that was sent,
in its column, none of them a formula. Ends with a traceback where anything is not so.

    office.py http://127.0.0.1:8081/ FOLDER [PRODUCT…]

PRODUCT: names that the products' export must show, each as it is or with ' in front.
"""
import csv
import io
import os
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree as tree

root, folder, products = sys.argv[1], sys.argv[2], sys.argv[3:]
EXPORTS = ["overview", "funnel", "segments", "products", "searches", "wishlist", "realtime", "retention", "visitors"]
# Separated by commas, quoted by ", UTF-8: https://wiki.documentfoundation.org/Documentation/DevGuide/Spreadsheet_Documents
FILTER = "CSV:44,34,76,1"
TABLE, OFFICE, TEXT = ("{urn:oasis:names:tc:opendocument:xmlns:" + name + ":1.0}" for name in ("table", "office", "text"))


def shown_in(paragraph):
    """Its text; a tab and more than one space are elements of their own."""
    text = paragraph.text or ""
    for part in paragraph:
        name = part.tag.rpartition("}")[2]
        text += "\t" if name == "tab" else " " * int(part.get(TEXT + "c", "1")) if name == "s" else shown_in(part)
        text += part.tail or ""
    return text


def cells(row):
    """A row's cells: the text shown, its type, whether it is a formula."""
    found = []
    for cell in row.iter(TABLE + "table-cell"):
        text = "\n".join(shown_in(paragraph) for paragraph in cell)
        times = int(cell.get(TABLE + "number-columns-repeated", "1"))
        found += [(text, cell.get(OFFICE + "value-type"), cell.get(TABLE + "formula"), cell.get(OFFICE + "value"))] * min(times, 200)
    while found and found[-1][0] == "":
        found.pop()
    return found


def rows(file):
    found = []
    for row in tree.parse(file).getroot().iter(TABLE + "table-row"):
        found += [cells(row)] * min(int(row.get(TABLE + "number-rows-repeated", "1")), 200)
    while found and not found[-1]:
        found.pop()
    return found


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


shown = {}
for name in EXPORTS:
    with urllib.request.urlopen(f"{root}export/{name}.csv") as answer:
        data = answer.read()
    with open(os.path.join(folder, name + ".csv"), "wb") as file:
        file.write(data)
    shown[name] = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
subprocess.run(
    ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", f"--infilter={FILTER}",
     "--convert-to", "fods", "--outdir", folder, *[os.path.join(folder, name + ".csv") for name in EXPORTS]],
    check=True, stdout=subprocess.DEVNULL, timeout=300)
for name in EXPORTS:
    opened = rows(os.path.join(folder, name + ".fods"))
    assert len(opened) == len(shown[name]), f"{name}: {len(opened)} rows, not {len(shown[name])}"
    for line, (got, wanted) in enumerate(zip(opened, shown[name])):
        while wanted and wanted[-1] == "":
            wanted = wanted[:-1]
        assert len(got) == len(wanted), f"{name}:{line}: {got} is not {wanted}"
        for (text, kind, formula, value), said in zip(got, wanted):
            assert formula is None, f"{name}:{line}: {said!r} became the formula {formula}"
            # Numbers and dates are shown as the reader's language has them.
            if kind in (None, "string"):
                assert text.replace("\r", "") == said.replace("\r", ""), f"{name}:{line}: {text!r} is not {said!r}"
            elif kind == "float":
                assert is_number(said) and float(value) == float(said), f"{name}:{line}: {value} is not {said}"
names = {cell[0] for row in rows(os.path.join(folder, "products.fods")) for cell in row}
for product in products:
    assert product in names or "'" + product in names, f"{product!r} is not among {names}"
print(sum(len(table) for table in shown.values()))
