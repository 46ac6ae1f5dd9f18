"""Names of months and days of the week, and short forms of them, in the languages that are read."""

from __future__ import annotations

from typing import NamedTuple

MIN_LETTERS = 3  # of words that are names of days wherever they stand


class Names(NamedTuple):
    """Names in one language, in lower case: from January, and from Monday."""

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]


def _names(months: str, short_months: str, days: str, short_days: str) -> Names:
    return Names(*(tuple(text.split()) for text in (months, short_months, days, short_days)))


LANGUAGES = {
    "English": _names(
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "monday tuesday wednesday thursday friday saturday sunday",
        "mon tue wed thu fri sat sun",
    ),
    "German": _names(
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jan feb mär apr mai jun jul aug sep okt nov dez",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "mo di mi do fr sa so",
    ),
    "French": _names(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv févr mars avr mai juin juil août sept oct nov déc",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lun mar mer jeu ven sam dim",
    ),
    "Spanish": _names(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lun mar mié jue vie sáb dom",
    ),
    "Italian": _names(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "lun mar mer gio ven sab dom",
    ),
    "Portuguese": _names(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "segunda terça quarta quinta sexta sábado domingo",
        "seg ter qua qui sex sáb dom",
    ),
    "Dutch": _names(
        "januari februari maart april mei juni juli augustus september oktober november december",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "ma di wo do vr za zo",
    ),
    "Swedish": _names(
        "januari februari mars april maj juni juli augusti september oktober november december",
        "jan feb mar apr maj jun jul aug sep okt nov dec",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
        "mån tis ons tors fre lör sön",
    ),
    "Danish": _names(
        "januar februar marts april maj juni juli august september oktober november december",
        "jan feb mar apr maj jun jul aug sep okt nov dec",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        "man tir ons tor fre lør søn",
    ),
    "Norwegian": _names(
        "januar februar mars april mai juni juli august september oktober november desember",
        "jan feb mar apr mai jun jul aug sep okt nov des",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        "man tir ons tor fre lør søn",
    ),
    "Polish": _names(
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
        "pon wt śr czw pt sob niedz",
    ),
    "Czech": _names(
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        "pondělí úterý středa čtvrtek pátek sobota neděle",
        "po út st čt pá so ne",
    ),
    "Russian": _names(
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
        "понедельник вторник среда четверг пятница суббота воскресенье",
        "пн вт ср чт пт сб вс",
    ),
    "Ukrainian": _names(
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "січ лют бер кві тра чер лип сер вер жов лис гру",
        "понеділок вівторок середа четвер п'ятниця субота неділя",
        "пн вт ср чт пт сб нд",
    ),
    "Turkish": _names(
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        "oca şub mar nis may haz tem ağu eyl eki kas ara",
        "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
        "pzt sal çar per cum cmt paz",
    ),
}
POINTED = {  # short names of months with their points
    "English": "jan. feb. march april may june july aug. sept. oct. nov. dec.",
    "German": "jan. feb. märz april mai juni juli aug. sept. okt. nov. dez.",
    "French": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "Spanish": "ene. feb. mar. abr. mayo jun. jul. ago. sept. oct. nov. dic.",
    "Dutch": "jan. feb. mrt. apr. mei juni juli aug. sept. okt. nov. dec.",
    "Swedish": "jan. feb. mars apr. maj juni juli aug. sept. okt. nov. dec.",
}
LANGUAGES |= {
    f"{language} with points": LANGUAGES[language]._replace(short_months=tuple(months.split()))
    for language, months in POINTED.items()
}
DAYS = frozenset(
    day for names in LANGUAGES.values() for day in (*names.days, *names.short_days) if len(day) >= MIN_LETTERS
)
