"""Esri ArcGIS API for Python (PyPI `arcgis`) against a GPServer: run_arcgis_python.py SERVICES_URL [scenario]."""

import datetime
import inspect
import json
import math
import os
import sys
import tempfile
import time
from io import BytesIO

from gpcheck import HERE, Checks, Skip, check_polygons, expect_error, main, must

# A portal (GIS object) is https only: scenario "tls" = {"base": https services URL, "portal": https portal URL,
# "ca": PEM}; both variables must be set before arcgis is imported.
_scenario = next((a for a in sys.argv[2:] if a.endswith(".json")), os.path.join(HERE, "scenarios/local.json"))
with open(_scenario) as _file:
    TLS = json.load(_file).get("tls")
if TLS:
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = os.path.join(HERE, TLS["ca"])

import arcgis  # noqa: E402
import requests  # noqa: E402
from arcgis.auth import EsriGenTokenAuth, EsriSession, EsriUserTokenAuth  # noqa: E402
from arcgis.features import FeatureSet  # noqa: E402
from arcgis.geoprocessing import DataFile, GPService, LinearUnit, import_toolbox  # noqa: E402
from arcgis.geoprocessing._tool import _camelCase_to_underscore as snake  # noqa: E402
from arcgis.geoprocessing._uploads import Uploads  # noqa: E402
from arcgis.gis.server import ServicesDirectory  # noqa: E402

check = Checks()


def dis(b, v):
    """The dissolve choice that stands for false or true."""
    return b["dissolve_values"][int(v)]


def fset(c):
    return FeatureSet.from_dict(json.loads(json.dumps(c["points"])))


def fn(tb, task):
    return getattr(tb, snake(task))


def kw(c, **over):
    b = c["buffer"]
    d = {
        snake(b["in"]): fset(c),
        snake(b["distance"]): LinearUnit(1, "Kilometers"),
        snake(b["dissolve"]): dis(b, False),
    }
    d.update(over)
    return d


def raw(sec):
    return {snake(k): v for k, v in sec["params"].items()}


def npts(c):
    return len(c["points"]["features"])


@check("buffer")
def list_services(c):
    """ServicesDirectory (plain http needs all_ssl=False); the context must be ONE path segment"""
    d = ServicesDirectory(c.root, all_ssl=c.root.startswith("https"))
    names = [s["name"] for s in d.list(as_dict=True)["services"]]
    must(c["buffer"]["sync_service"] in names, f"services {names}")
    mods = d.list()
    must(any(hasattr(m, snake(c["buffer"]["task"])) for m in mods), f"no toolbox module in {mods}")
    must(isinstance(d.folders, list), "folders")
    return names


@check("buffer")
def describe_task(c):
    f = fn(import_toolbox(c.url(c["buffer"]["sync_service"])), c["buffer"]["task"])
    p = list(inspect.signature(f).parameters)
    want = [snake(c["buffer"][k]) for k in ("in", "distance", "dissolve")]
    must(all(w in p for w in want), f"parameters {p}")
    an = {k: getattr(v, "__name__", v) for k, v in f.__annotations__.items()}
    must(
        [an[w] for w in want] == ["FeatureSet", "LinearUnit", "str"],
        f"types {an}",
    )
    must("Returns" in f.__doc__, "docstring")
    return p


@check("buffer")
def sync_features(c):
    r = fn(import_toolbox(c.url(c["buffer"]["sync_service"])), c["buffer"]["task"])(**kw(c))
    must(type(r).__name__ == "FeatureSet", f"{type(r)}")
    check_polygons(r.to_dict(), npts(c))
    must(len(r.sdf) == npts(c) and r.sdf.spatial.geometry_type == ["polygon"], "sdf")


@check("buffer")
def sync_dissolve_and_text_distance(c):
    b = c["buffer"]
    r = fn(import_toolbox(c.url(b["sync_service"])), b["task"])(
        **kw(c, **{snake(b["distance"]): "2 miles", snake(b["dissolve"]): dis(b, True)})
    )
    check_polygons(r.to_dict(), npts(c), dissolve=True)


@check("buffer")
def sync_defaults(c):
    """optional parameters left to the generated defaults; units spelled oddly (esriNauticalmiles)"""
    b = c["buffer"]
    r = fn(import_toolbox(c.url(b["sync_service"])), b["task"])(
        **{snake(b["in"]): fset(c), snake(b["distance"]): LinearUnit(1, "NauticalMiles")}
    )
    check_polygons(r.to_dict(), npts(c))


@check("buffer")
def sync_none_is_empty_string(c):
    """None is sent as an empty string and has to mean 'use the default'"""
    b = c["buffer"]
    r = fn(import_toolbox(c.url(b["sync_service"])), b["task"])(**kw(c, **{snake(b["dissolve"]): None}))
    check_polygons(r.to_dict(), npts(c))


@check("buffer")
def sync_dataframe_input(c):
    b = c["buffer"]
    r = fn(import_toolbox(c.url(b["sync_service"])), b["task"])(**kw(c, **{snake(b["in"]): fset(c).sdf}))
    check_polygons(r.to_dict(), npts(c))


@check("buffer")
def sync_outsr(c):
    b = c["buffer"]
    arcgis.env.out_spatial_reference = 3857
    try:
        r = fn(import_toolbox(c.url(b["sync_service"])), b["task"])(**kw(c))
    finally:
        arcgis.env.out_spatial_reference = None
    must(r.features, "no features")


@check("scalars")
def sync_scalars(c):
    s = c["scalars"]
    v = {}
    for k, d in s["values"].items():
        x = d["value"]
        if d["type"] == "GPDate":
            x = datetime.datetime.fromtimestamp(x / 1000)
        elif d["type"] == "GPLinearUnit":
            x = LinearUnit(x["distance"], x["units"][4:])
        v[snake(k)] = x
    r = fn(import_toolbox(c.url(s["service"])), s["task"])(**v)
    for k, d in s["values"].items():
        got = getattr(r, snake(s["out_prefix"] + k))
        if d["type"] == "GPLinearUnit":
            got = got.to_dict()
            must(got["distance"] == d["value"]["distance"], f"{k}: {got}")
            continue
        must(got == d["value"], f"{k}: sent {d['value']!r} got {got!r}")


@check("sync_fail")
def sync_error(c):
    s = c["sync_fail"]
    e = expect_error(lambda: fn(import_toolbox(c.url(s["service"])), s["task"])(**raw(s)), s["expect"] or "error")
    must("Tool execution failed with response" in str(e), f"{e}")


@check("buffer")
def async_success(c):
    r = fn(import_toolbox(c.url(c["buffer"]["async_service"])), c["buffer"]["task"])(**kw(c))
    check_polygons(r.to_dict(), npts(c))


@check("buffer")
def async_future(c):
    j = fn(import_toolbox(c.url(c["buffer"]["async_service"])), c["buffer"]["task"])(future=True, **kw(c))
    seen = set()
    while not j.done():
        seen.add(j.status)
        time.sleep(0.2)
    check_polygons(j.result().to_dict(), npts(c))
    must(j.status == "esriJobSucceeded", j.status)
    must(j.messages and all("type" in m and "description" in m for m in j.messages), f"messages {j.messages}")
    return sorted(seen)


@check("large")
def async_large(c):
    """results of many megabytes may come by way of a redirect, which requests follows after its POST"""
    n = c["large"]["features"]
    features = [
        {
            "geometry": {"x": -120 + 40 * (i * math.sqrt(2) % 1), "y": 30 + 15 * (i * math.e % 1)},
            "attributes": {"OBJECTID": i, "NAME": f"n{i}"},
        }
        for i in range(1, n + 1)
    ]
    scattered = FeatureSet.from_dict(c["points"] | {"features": features})
    b = c["buffer"]
    r = fn(import_toolbox(c.url(b["async_service"])), b["task"])(**kw(c, **{snake(b["in"]): scattered}))
    check_polygons(r.to_dict(), n)


@check("fail")
def async_failed(c):
    s = c["fail"]
    expect_error(lambda: fn(import_toolbox(c.url(s["service"])), s["task"])(**raw(s)), "Job failed")
    j = fn(import_toolbox(c.url(s["service"])), s["task"])(future=True, **raw(s))
    expect_error(j.result, s["expect"] or "Job failed")
    must(j.status == "esriJobFailed", j.status)
    must(any(m["type"] == "esriJobMessageTypeError" for m in j.messages), f"messages {j.messages}")


@check("cancel")
def async_cancel(c):
    s = c["cancel"]
    j = fn(import_toolbox(c.url(s["service"])), s["task"])(future=True, **raw(s))
    time.sleep(1.2)
    must(j.status in ("esriJobExecuting", "esriJobSubmitted"), j.status)
    must(j.cancel() is True, "cancel() was not True")
    must(j.cancelled(), "cancelled()")
    end = time.time() + 15
    while j.status != "esriJobCancelled":
        must(time.time() < end, f"server still says {j.status}")
        time.sleep(0.5)


@check("secured")
def secured_anonymous(c):
    """no token: the client has no clean error here, it must only not succeed"""
    sys.setrecursionlimit(150)
    try:
        e = expect_error(lambda: import_toolbox(c.url(c["secured"]["service"])))
    finally:
        sys.setrecursionlimit(1000)
    return type(e).__name__


@check("secured")
def secured_user_token(c):
    b = c["buffer"]
    s = EsriSession(auth=EsriUserTokenAuth(token=c.token()))
    tb = import_toolbox(c.url(c["secured"]["service"]), gis=s)
    check_polygons(fn(tb, b["task"])(gis=s, **kw(c)).to_dict(), npts(c))
    expect_error(lambda: fn(tb, b["task"])(**kw(c)), "Token Required", "499")  # execute without the session


@check("secured")
def secured_bad_token(c):
    b = c["buffer"]
    tb = import_toolbox(c.url(c["secured"]["service"]), gis=EsriSession(auth=EsriUserTokenAuth(token=c.token())))
    bad = EsriSession(auth=EsriUserTokenAuth(token="not-a-token"))
    expect_error(lambda: fn(tb, b["task"])(gis=bad, **kw(c)), "Invalid Token", "Token Required", "498", "499")


@check("secured")
def secured_expired_token(c):
    b, t = c["buffer"], c["secured"].get("expired_token")
    if not t:
        raise Skip("no expired_token in the scenario")
    tb = import_toolbox(c.url(c["secured"]["service"]), gis=EsriSession(auth=EsriUserTokenAuth(token=c.token())))
    bad = EsriSession(auth=EsriUserTokenAuth(token=t))
    expect_error(lambda: fn(tb, b["task"])(gis=bad, **kw(c)), "Invalid Token", "Token Required", "498", "499")


@check("secured")
def secured_login(c):
    """EsriGenTokenAuth: rest/info -> authInfo.tokenServicesUrl -> POST; the token travels in X-Esri-Authorization"""
    b, sec = c["buffer"], c["secured"]
    s = EsriSession()
    s.auth = EsriGenTokenAuth(c.root + sec["token_path"], "http", sec["username"], sec["password"], session=s)
    tb = import_toolbox(c.url(sec["service"]), gis=s)
    check_polygons(fn(tb, b["task"])(gis=s, **kw(c)).to_dict(), npts(c))


@check("secured")
def secured_login_wrong_password(c):
    sec = c["secured"]
    s = EsriSession()
    a = EsriGenTokenAuth(c.root + sec["token_path"], "http", sec["username"], "wrong-password", session=s)
    expect_error(a.token, "error")


@check("secured")
def secured_async(c):
    b, sec = c["buffer"], c["secured"]
    if not sec.get("async_service"):
        raise Skip("no secured async_service")
    s = EsriSession(auth=EsriUserTokenAuth(token=c.token()))
    tb = import_toolbox(c.url(sec["async_service"]), gis=s)
    check_polygons(fn(tb, b["task"])(gis=s, **kw(c)).to_dict(), npts(c))


@check("upload")
def upload_and_datafile_result(c):
    u = c["upload"]
    p = os.path.join(tempfile.mkdtemp(), "data äö.csv")
    with open(p, "wb") as file:
        file.write(b"x,y\n1,2\n" * 100)
    up = Uploads(url=c.url(u["service"]), gis=EsriSession())
    item = up.upload(p, description="d")
    must(hasattr(item, "url"), f"upload answered {item}")
    iid = item.url.rsplit("/", 1)[1]
    must(item.properties.get("itemID") == iid, f"item {item.properties}")
    r = fn(import_toolbox(c.url(u["service"])), u["task"])(**{snake(u["param"]): DataFile(item_id=iid)})
    must(getattr(r, snake(u["count_out"])) == 800, f"{r}")
    f = getattr(r, snake(u["file_out"]))
    must(type(f).__name__ == "DataFile" and f.url.startswith("http"), f"{f}")
    d = requests.get(f.url, timeout=10)
    must(d.status_code == 200 and len(d.content) == 800, f"download {d.status_code} {len(d.content)}")
    must(item.delete() is True, "delete")


@check("upload")
def upload_in_parts(c):
    u = c["upload"]
    up = Uploads(url=c.url(u["service"]), gis=EsriSession())
    it = up.register("parts.bin", "d")
    for i in (1, 2, 3):
        r = it.upload_by_part(i, BytesIO(bytes([64 + i]) * 1000), "p.bin")
        must(r.get("success") is True, f"{r}")
    must(sorted(int(x) for x in it.parts) == [1, 2, 3], f"parts {it.parts}")
    must(it.commit() is True, "commit")
    r = fn(import_toolbox(c.url(u["service"])), u["task"])(
        **{snake(u["param"]): DataFile(item_id=it.url.rsplit("/", 1)[1])}
    )
    must(getattr(r, snake(u["count_out"])) == 3000, f"{r}")


def gis(c):
    t = c["tls"]
    return arcgis.gis.GIS(t["portal"], token=c.token(), set_active=False)


@check("tls")
def result_map_image(c):
    """needs a GIS: without one MapImageLayer() goes to www.arcgis.com. resultMapServerName adds a synthetic first
    output 'result_layer' (MapImageLayer on .../MapServer/jobs/<jobId>)"""
    m = c.sc.get("mapimage")
    if not m:
        raise Skip("no mapimage")
    g = gis(c)
    tb = import_toolbox(c["tls"]["base"] + f"/{m['service']}/GPServer", gis=g)
    r = fn(tb, m["task"])(gis=g, **kw(c))
    lyr = r if type(r).__name__ == "MapImageLayer" else getattr(r, "result_layer", None)
    must(type(lyr).__name__ == "MapImageLayer", f"{type(r)} {str(r)[:100]}")
    must("/MapServer/jobs/" in lyr.url, lyr.url)
    must(lyr.properties.capabilities, "properties")
    must(lyr.export_map(bbox="-110,35,-95,45", f="json").get("href"), "export_map")


@check("tls")
def portal_gis_token(c):
    b = c["buffer"]
    g = gis(c)
    must(g.users.me.username == c["secured"]["username"], "users.me")
    tb = import_toolbox(c["tls"]["base"] + f"/{c['secured']['service']}/GPServer", gis=g)
    check_polygons(fn(tb, b["task"])(gis=g, **kw(c)).to_dict(), npts(c))


@check("tls")
def server_login_tls(c):
    """ServicesDirectory(user, password): https only (token from <context>/rest/info -> tokenServicesUrl)"""
    s = c["secured"]
    d = ServicesDirectory(c["tls"]["base"].split("/rest/")[0], s["username"], s["password"])
    names = [x["name"] for x in d.list(folder=s["folder"], as_dict=True)["services"]]
    must(s["service"] in names, f"{names}")


@check("tls")
def gpservice_class(c):
    """GPService needs a GIS; a feature set must be handed over as a dict (the client encodes a FeatureSet wrongly)"""
    s = GPService(c["tls"]["base"] + f"/{c['buffer']['async_service']}/GPServer", gis=gis(c))
    t = [t for t in s.tasks if t.name == snake(c["buffer"]["task"])][0]
    b = c["buffer"]
    j = getattr(t, snake(b["task"]))(
        **{
            snake(b["in"]): c["points"],
            snake(b["distance"]): {"distance": 1, "units": "esriMiles"},
            snake(b["dissolve"]): dis(b, False),
        }
    )
    r = j.result()
    check_polygons(r if isinstance(r, dict) else r.to_dict(), npts(c))


main(check, "arcgis (Python) " + arcgis.__version__)
