"""Chinese texts with classes: a generator that makes weather reports of a season, held against the law of the data.

python chinese_texts.py FOLDER [BUDGET]
"""

import csv
import random
import re
import sys
from pathlib import Path

import sparring

CITIES = ("北京", "上海", "广州", "成都", "哈尔滨", "乌鲁木齐", "呼和浩特", "拉萨")
WEATHER = {"夏": ("晴", "雷阵雨", "多云", "暴雨"), "冬": ("小雪", "多云", "大风", "雾转晴")}
HIGHEST = {"夏": (26, 39), "冬": (-12, 9)}  # degrees
REPORT = re.compile(r"(.+?)今天(.+?),最高气温(零下)?(\d+)度,最低气温(零下)?(\d+)度。")


def degrees(number):
    """A temperature in words."""
    return f"{'零下' if number < 0 else ''}{abs(number)}度"


def report(rng, season):
    """A report of a city whose lowest temperature is 5 to 10 degrees below the highest."""
    high = rng.randint(*HIGHEST[season])
    low = high - rng.randint(5, 10)
    return f"{rng.choice(CITIES)}今天{rng.choice(WEATHER[season])},最高气温{degrees(high)},最低气温{degrees(low)}。"


def is_lawful(text, season):
    """Does a report hold what every report of this season holds?"""
    found = REPORT.fullmatch(text)
    if not found:
        return False
    city, weather, minus_high, high, minus_low, low = found.groups()
    high, low = (-int(number) if minus else int(number) for minus, number in ((minus_high, high), (minus_low, low)))
    least, most = HIGHEST[season]
    return city in CITIES and weather in WEATHER[season] and least <= high <= most and 5 <= high - low <= 10


def main(folder, budget="3m"):
    """Write the texts, train, and count the new reports that are lawful and that are no copies."""
    rng, folder = random.Random(0), Path(folder)
    rows = [(report(rng, season), season) for season in HIGHEST for _ in range(1500)]
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "天气.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("文本", "季节"), *rows])
    run = sparring.train(folder / "天气.csv", out=folder / "run", budget=budget)
    gan, known = sparring.load(run.path), {text for text, _ in rows}
    for season in HIGHEST:
        texts = gan.generate(500, seed=1, label=season)
        lawful, new = sum(is_lawful(text, season) for text in texts), sum(text not in known for text in texts)
        print(f"{season}: {lawful / 5:.1f} % lawful, {new / 5:.1f} % new, such as {texts[0]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
