#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs queries by graphite-web's own code, over whisper files and carbon's cache.

usage: graphite_query.py FROM TO QUERY...   prints "NUMBER SECONDS VALUE", NUMBER being the query's, from 1

GRAPHITE_WORK has carbon/whisper; what Django wants to write goes to graphite/ beside it.
"""
import os
import sys
import types

work = os.environ["GRAPHITE_WORK"]
local = types.ModuleType("local_settings")
local.SECRET_KEY = "not one"
local.STORAGE_DIR = local.LOG_DIR = f"{work}/graphite"
local.WHISPER_DIR = f"{work}/carbon/whisper"
local.STANDARD_DIRS = [local.WHISPER_DIR]
local.CARBONLINK_HOSTS = ["127.0.0.1:7002"]
local.ALLOWED_HOSTS = ["*"]
local.TIME_ZONE = "UTC"
local.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{work}/graphite/db"}}
sys.modules["local_settings"] = local
os.environ["DJANGO_SETTINGS_MODULE"] = "graphite.settings"

import django  # noqa: E402
django.setup()
from django.test import Client  # noqa: E402

start, end, *queries = sys.argv[1:]
for number, query in enumerate(queries, 1):
    answer = Client().get("/render", {"target": query, "from": start, "until": end, "format": "json", "noCache": "1"})
    assert answer.status_code == 200, answer.content
    for series in answer.json():
        for value, time in series["datapoints"]:
            if value is not None:
                print(number, time, repr(value))
