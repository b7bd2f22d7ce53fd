"""What drivers read on a charger's display, in their language; English where we have no other."""

from __future__ import annotations

from typing import Literal

Why = Literal["wallet", "credit", "owed", "budget", "card"]
"""What somebody has no more of: money, credit (or any, because they owe something), their budget for the month, or the energy of their card."""

_NO_MORE: dict[Why, dict[str, str]] = {
    "wallet": {
        "en": "Your balance is used up. Please top it up.",
        "es": "Su saldo se ha agotado. Recárguelo, por favor.",
        "hi": "आपका शेष समाप्त हो गया है। कृपया इसे भरें।",
        "de": "Ihr Guthaben ist aufgebraucht. Bitte laden Sie es auf.",
        "fr": "Votre solde est épuisé. Veuillez le recharger.",
    },
    "credit": {
        "en": "Your credit limit is reached. Please pay what is due.",
        "es": "Ha alcanzado su límite de crédito. Pague lo pendiente, por favor.",
        "hi": "आपकी उधार सीमा पूरी हो गई है। कृपया बकाया चुकाएँ।",
        "de": "Ihr Kreditrahmen ist erreicht. Bitte zahlen Sie offene Beträge.",
        "fr": "Votre plafond de crédit est atteint. Veuillez régler le montant dû.",
    },
    "owed": {
        "en": "A payment of yours has failed. Please pay what is due.",
        "es": "Un pago suyo ha fallado. Pague lo pendiente, por favor.",
        "hi": "आपका एक भुगतान विफल हुआ। कृपया बकाया चुकाएँ।",
        "de": "Eine Zahlung von Ihnen ist fehlgeschlagen. Bitte zahlen Sie offene Beträge.",
        "fr": "Un de vos paiements a échoué. Veuillez régler le montant dû.",
    },
    "budget": {
        "en": "Your budget for this month is used up.",
        "es": "Su presupuesto de este mes se ha agotado.",
        "hi": "इस महीने का आपका बजट समाप्त हो गया है।",
        "de": "Ihr Budget für diesen Monat ist aufgebraucht.",
        "fr": "Votre budget pour ce mois est épuisé.",
    },
    "card": {
        "en": "The energy of this card is used up until {until}.",
        "es": "La energía de esta tarjeta está agotada hasta el {until}.",
        "hi": "इस कार्ड की ऊर्जा {until} तक समाप्त है।",
        "de": "Die Energie dieser Karte ist bis {until} aufgebraucht.",
        "fr": "L'énergie de cette carte est épuisée jusqu'au {until}.",
    },
}


def no_more(why: Why, language: str | None, *, until: str = "") -> str:
    """Why somebody may not charge, in the language of a tag as `de-AT`."""
    known = _NO_MORE[why]
    return known.get((language or "en").partition("-")[0].lower(), known["en"]).format(until=until)
