#!/usr/bin/env python3
"""Reads clickd-web's OData as real programs do: with python-odata, which follows $metadata and next links, and by
replaying what Power Query sends. Prints what it summed up, as JSON; ends with a traceback where anything is not so.

    odata_reader.py http://127.0.0.1:8081/
"""
import csv
import datetime
import io
import json
import sys
import urllib.request

import requests
from odata import ODataService

root = sys.argv[1]
base = root + "odata/"
KEYS = {"Events": ("Id",), "DailyActivity": ("Date", "Activity"), "FunnelDaily": ("Date", "StepNumber"),
        "ProductsDaily": ("Date", "ProductId"), "SearchTermsDaily": ("Date", "Term"),
        "WishlistDaily": ("Date", "ProductId")}


def with_python_odata():
    session = requests.Session()
    session.headers["Prefer"] = "odata.maxpagesize=50"
    service = ODataService(base, reflect_entities=True, session=session)
    assert set(service.entities) == set(KEYS), service.entities.keys()
    rows = {name: service.query(entity).all() for name, entity in service.entities.items()}
    for name, keys in KEYS.items():
        seen = {tuple(getattr(row, key) for key in keys) for row in rows[name]}
        assert len(seen) == len(rows[name]) > 0, f"{name}: {len(rows[name])} rows, {len(seen)} keys"
    events = service.entities["Events"]
    orders = service.query(events).filter(events.Activity == "order").order_by(events.Time.desc()).all()
    assert orders and all(row.Activity == "order" for row in orders)
    assert [row.Time for row in orders] == sorted((row.Time for row in orders), reverse=True)
    assert [row.Id for row in service.query(events).filter(events.Id == "it's").all()] == ["it's"]
    middle = sorted(row.Time for row in rows["Events"])[len(rows["Events"]) // 2]
    later = service.query(events).filter(events.Time >= middle).all()
    assert len(later) == sum(row.Time >= middle for row in rows["Events"]), middle
    part = service.query(events).filter(events.Event.startswith("Product")).filter(events.Event.contains("View")).all()
    assert len(part) == sum(row.Event == "Product Viewed" for row in rows["Events"])
    products = service.entities["ProductsDaily"]
    most = service.query(products).filter(products.Views > 0).order_by(products.Views.desc()).limit(3).all()
    assert [row.Views for row in most] == sorted((row.Views for row in rows["ProductsDaily"]), reverse=True)[:3]
    named = service.query(events).select(events.Id).limit(2).offset(1).all()
    assert [row["Id"] for row in named] == [row.Id for row in rows["Events"][1:3]]
    return rows


# https://learn.microsoft.com/power-query/connectors/odata-feed: Implementation="2.0" asks for OData 4 first.
POWER_QUERY = {
    "Accept": "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
              "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
    "OData-MaxVersion": "4.0", "MaxDataServiceVersion": "3.0;NetFx", "Accept-Encoding": "identity",
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
}


def get(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers={**POWER_QUERY, **headers})) as answer:
        assert answer.headers.get_all("OData-Version") == ["4.0"], address
        return answer.headers, answer.read()


def with_power_query(rows):
    headers, body = get(base)
    assert headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    sets = [entry["url"] for entry in json.loads(body)["value"]]
    assert sets == list(KEYS)
    headers, body = get(base + "$metadata")
    assert headers["Content-Type"].startswith("application/xml") and b'Version="4.0"' in body
    for name in sets:
        # The preview, the count behind it, then everything by next links without nulls.
        preview = json.loads(get(base + name + "?$top=1000")[1])
        assert len(preview["value"]) == min(1000, len(rows[name]))
        assert int(get(base + name + "/$count")[1]) == len(rows[name])
        address, total = base + name, 0
        while address:
            headers, body = get(address, Prefer="omit-values=nulls, odata.maxpagesize=40")
            assert headers["Preference-Applied"] == "omit-values=nulls,odata.maxpagesize=40"
            page = json.loads(body)
            assert all(value is not None for row in page["value"] for value in row.values())
            total, address = total + len(page["value"]), page.get("@odata.nextLink")
        assert total == len(rows[name]), name
    # How it writes Table.SelectRows, SelectColumns, Sort and FirstN.
    day = datetime.date.today().isoformat()
    for query in [
        f"Events?$filter=Time%20ge%20{day}T00%3A00%3A00Z%20and%20Time%20lt%20{day}T23%3A59%3A59.999Z&$select=Id%2CTime",
        f"DailyActivity?$filter=Date%20ge%202020-01-01%20and%20Activity%20ne%20null&$orderby=Date%20desc&$top=200",
        "ProductsDaily?$select=ProductId,Views&$filter=contains(ProductId,%27p%27)%20and%20Views%20gt%200&$count=true",
        "Events?$filter=Activity+eq+%27order%27+and+Revenue+ne+null&$top=4096&$skip=1",
    ]:
        found = json.loads(get(base + query)[1])["value"]
        # Of today alone there may be nothing yet.
        assert found or query.startswith("Events?$filter=Time"), query
    for refused, status in [("Events?$expand=X", 501), ("Events?$filter=Event%20eq%201", 400), ("Nothing", 404)]:
        try:
            get(base + refused)
            raise AssertionError(refused)
        except urllib.error.HTTPError as error:
            assert error.code == status and json.loads(error.read())["error"]["message"]
            assert error.headers.get_all("OData-Version") == ["4.0"]
    pbids = json.loads(urllib.request.urlopen(root + "clickd.pbids").read())
    assert pbids["connections"][0]["details"]["address"]["url"] == base


def export(name, **more):
    query = "&".join(f"{key}={value}" for key, value in {"limit": 10000, **more}.items())
    with urllib.request.urlopen(f"{root}export/{name}.csv?{query}") as answer:
        return list(csv.DictReader(io.StringIO(answer.read().decode("utf-8-sig"), newline="")))


rows = with_python_odata()
with_power_query(rows)
dates = {"from": min(row.Date for row in rows["DailyActivity"]), "to": max(row.Date for row in rows["DailyActivity"])}
dates = {name: str(date)[:10] for name, date in dates.items()}
with urllib.request.urlopen(f"{root}api/overview?from={dates['from']}&to={dates['to']}") as answer:
    overview = json.load(answer)
print(json.dumps({
    "odata_events": len(rows["Events"]),
    "odata_daily": sum(row.Events for row in rows["DailyActivity"]),
    "api": overview["events"],
    "csv": sum(int(row["events"]) for row in export("overview", **dates)),
    "odata_views": sum(row.Views for row in rows["ProductsDaily"]),
    "csv_views": sum(int(row["views"]) for row in export("products", **dates)),
    "odata_searches": sum(row.Searches for row in rows["SearchTermsDaily"]),
    "csv_searches": sum(int(row["searches"]) for row in export("searches", **dates)),
    "odata_wishes": sum(row.Added for row in rows["WishlistDaily"]),
    "csv_wishes": sum(int(row["added"]) for row in export("wishlist", **dates)),
}))
