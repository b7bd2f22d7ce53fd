"""What our mails say, in the languages of their readers. `{link}` is the one-time link, `{organization}` whose account it is."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    subject: str
    body: str


EN = {
    "invitation": Text(
        "Your account at {organization}",
        "Somebody at {organization} has made an account for you, {email}.\n\n"
        "Choose a password here, and sign in:\n{link}\n\n"
        "The link works once, for seven days. If you do not know what this is about, do nothing.",
    ),
    "password": Text(
        "A new password",
        "Choose a new password for your account {email} at {organization} here:\n{link}\n\n"
        "The link works once, for 30 minutes. You will be signed out everywhere. If you have not asked for it, do nothing:"
        " your password stays as it is.",
    ),
    "registration": Text(
        "Please confirm your address",
        "Somebody, probably you, has registered the address {email} at {organization}.\n\n"
        "Confirm it here, and sign in:\n{link}\n\n"
        "The link works once, for one day. If it was not you, do nothing.",
    ),
    "email": Text(
        "Please confirm your new address",
        "Your account at {organization} is to have the address {email}.\n\n"
        "Confirm it here:\n{link}\n\n"
        "The link works once, for one day. If you have not asked for it, do nothing.",
    ),
    "known": Text(
        "You have an account already",
        "Somebody, probably you, wanted to use the address {email} for an account. It has one already, at {organization}.\n\n"
        "If you have forgotten your password, ask for a new one where you sign in:\n{link}\n\n"
        "If it was not you, do nothing.",
    ),
    "moved": Text(
        "Your account has another address",
        "Your account at {organization} had the address {email}. From now on you sign in with {now}.\n\n"
        "If you have not asked for that, tell an administrator of {organization} at once.",
    ),
    "owed": Text(
        "Your payment to {organization} did not go through",
        "{now} for charging is still open at {organization}: the payment did not go through.\n\n"
        "You can pay it here:\n{link}\n\n"
        "If you have paid it meanwhile, there is nothing more to do.",
    ),
    "runs": Text(
        "You are charging at {organization}",
        "Charging has begun. What it has cost so far, and a button to stop it, are here:\n{link}\n\n"
        "You pay at the end, at the same address. It ends by itself before it costs more than {now}.",
    ),
    "to_pay": Text(
        "Please pay {now} to {organization}",
        "Charging has ended, and comes to {now}. Pay it here:\n{link}\n\n"
        "The charger releases your cable as soon as it is paid, and in 15 minutes in any case. What is not paid by then stays due.",
    ),
    "file_failed": Text(
        "A file for the accountant has not arrived",
        "{organization} could not send this file, five times:\n\n{now}\n\n"
        "It is not tried any more. Look at what is wrong, and send it again; it will be the same file:\n{link}",
    ),
}

DE = {
    "invitation": Text(
        "Ihr Konto bei {organization}",
        "Jemand bei {organization} hat für Sie, {email}, ein Konto angelegt.\n\n"
        "Wählen Sie hier ein Passwort und melden Sie sich an:\n"
        "{link}\n\n"
        "Der Link gilt einmal, sieben Tage lang. Wenn Sie nicht wissen, worum es geht, tun Sie nichts.",
    ),
    "password": Text(
        "Ein neues Passwort",
        "Wählen Sie hier ein neues Passwort für Ihr Konto {email} bei {organization}:\n"
        "{link}\n\n"
        "Der Link gilt einmal, 30 Minuten lang. Sie werden überall abgemeldet. Wenn Sie ihn nicht angefordert haben, tun Sie nichts: Ihr Passwort bleibt, wie es ist.",
    ),
    "registration": Text(
        "Bitte bestätigen Sie Ihre Adresse",
        "Jemand, vermutlich Sie, hat die Adresse {email} bei {organization} registriert.\n\n"
        "Bestätigen Sie sie hier und melden Sie sich an:\n"
        "{link}\n\n"
        "Der Link gilt einmal, einen Tag lang. Wenn Sie es nicht waren, tun Sie nichts.",
    ),
    "email": Text(
        "Bitte bestätigen Sie Ihre neue Adresse",
        "Ihr Konto bei {organization} soll die Adresse {email} erhalten.\n\n"
        "Bestätigen Sie sie hier:\n"
        "{link}\n\n"
        "Der Link gilt einmal, einen Tag lang. Wenn Sie das nicht angefordert haben, tun Sie nichts.",
    ),
    "known": Text(
        "Sie haben schon ein Konto",
        "Jemand, vermutlich Sie, wollte die Adresse {email} für ein Konto benutzen. Sie hat schon eines, bei {organization}.\n\n"
        "Wenn Sie Ihr Passwort vergessen haben, fordern Sie bei der Anmeldung ein neues an:\n"
        "{link}\n\n"
        "Wenn Sie es nicht waren, tun Sie nichts.",
    ),
    "moved": Text(
        "Ihr Konto hat eine andere Adresse",
        "Ihr Konto bei {organization} hatte die Adresse {email}. Ab jetzt melden Sie sich mit {now} an.\n\n"
        "Wenn Sie das nicht angefordert haben, sagen Sie es sofort einem Administrator von {organization}.",
    ),
    "owed": Text(
        "Ihre Zahlung an {organization} ist fehlgeschlagen",
        "{now} für das Laden sind bei {organization} noch offen: Die Zahlung ist fehlgeschlagen.\n\n"
        "Hier können Sie bezahlen:\n"
        "{link}\n\n"
        "Wenn Sie inzwischen bezahlt haben, ist nichts weiter zu tun.",
    ),
    "runs": Text(
        "Sie laden bei {organization}",
        "Der Ladevorgang hat begonnen. Was er bisher gekostet hat, und wie Sie ihn beenden, steht hier:\n{link}\n\n"
        "Bezahlt wird am Ende, unter derselben Adresse. Er endet von selbst, bevor er mehr als {now} kostet.",
    ),
    "to_pay": Text(
        "Bitte zahlen Sie {now} an {organization}",
        "Der Ladevorgang ist beendet und kostet {now}. Bezahlen Sie hier:\n{link}\n\n"
        "Die Station gibt Ihr Kabel frei, sobald bezahlt ist, auf jeden Fall aber in 15 Minuten. Was bis dahin nicht bezahlt ist, bleibt fällig.",
    ),
    "file_failed": Text(
        "Eine Datei für die Buchhaltung ist nicht angekommen",
        "{organization} konnte diese Datei fünfmal nicht senden:\n\n"
        "{now}\n\n"
        "Es wird nicht weiter versucht. Sehen Sie nach, was nicht stimmt, und senden Sie sie noch einmal; es wird dieselbe Datei sein:\n"
        "{link}",
    ),
}

ES = {
    "invitation": Text(
        "Su cuenta en {organization}",
        "Alguien de {organization} ha creado una cuenta para usted, {email}.\n\n"
        "Elija aquí una contraseña e inicie sesión:\n"
        "{link}\n\n"
        "El enlace sirve una vez, durante siete días. Si no sabe de qué se trata, no haga nada.",
    ),
    "password": Text(
        "Una contraseña nueva",
        "Elija aquí una contraseña nueva para su cuenta {email} en {organization}:\n"
        "{link}\n\n"
        "El enlace sirve una vez, durante 30 minutos. Se cerrará su sesión en todas partes. Si no lo ha pedido, no haga nada: su contraseña queda como está.",
    ),
    "registration": Text(
        "Confirme su dirección",
        "Alguien, probablemente usted, ha registrado la dirección {email} en {organization}.\n\n"
        "Confírmela aquí e inicie sesión:\n"
        "{link}\n\n"
        "El enlace sirve una vez, durante un día. Si no fue usted, no haga nada.",
    ),
    "email": Text(
        "Confirme su nueva dirección",
        "Su cuenta en {organization} va a tener la dirección {email}.\n\n"
        "Confírmela aquí:\n"
        "{link}\n\n"
        "El enlace sirve una vez, durante un día. Si no lo ha pedido, no haga nada.",
    ),
    "known": Text(
        "Ya tiene una cuenta",
        "Alguien, probablemente usted, quiso usar la dirección {email} para una cuenta. Ya tiene una, en {organization}.\n\n"
        "Si ha olvidado su contraseña, pida una nueva donde inicia sesión:\n"
        "{link}\n\n"
        "Si no fue usted, no haga nada.",
    ),
    "moved": Text(
        "Su cuenta tiene otra dirección",
        "Su cuenta en {organization} tenía la dirección {email}. Desde ahora inicia sesión con {now}.\n\n"
        "Si no lo ha pedido, avise enseguida a un administrador de {organization}.",
    ),
    "owed": Text(
        "Su pago a {organization} no se ha realizado",
        "Quedan pendientes {now} por cargar en {organization}: el pago no se ha realizado.\n\n"
        "Puede pagar aquí:\n"
        "{link}\n\n"
        "Si ya lo ha pagado, no tiene que hacer nada más.",
    ),
    "runs": Text(
        "Está cargando en {organization}",
        "La carga ha empezado. Lo que ha costado hasta ahora, y el botón para terminarla, están aquí:\n{link}\n\n"
        "Se paga al final, en la misma dirección. Termina por sí sola antes de costar más de {now}.",
    ),
    "to_pay": Text(
        "Pague {now} a {organization}",
        "La carga ha terminado y cuesta {now}. Pague aquí:\n{link}\n\n"
        "El cargador suelta su cable en cuanto esté pagado, y en todo caso dentro de 15 minutos. Lo que no se pague hasta entonces sigue pendiente.",
    ),
    "file_failed": Text(
        "Un archivo para contabilidad no ha llegado",
        "{organization} no pudo enviar este archivo, cinco veces:\n\n"
        "{now}\n\n"
        "No se intenta más. Mire qué ocurre y envíelo de nuevo; será el mismo archivo:\n"
        "{link}",
    ),
}

FR = {
    "invitation": Text(
        "Votre compte chez {organization}",
        "Quelqu’un chez {organization} a créé un compte pour vous, {email}.\n\n"
        "Choisissez ici un mot de passe et connectez-vous :\n"
        "{link}\n\n"
        "Le lien vaut une fois, pendant sept jours. Si vous ne savez pas de quoi il s’agit, ne faites rien.",
    ),
    "password": Text(
        "Un nouveau mot de passe",
        "Choisissez ici un nouveau mot de passe pour votre compte {email} chez {organization} :\n"
        "{link}\n\n"
        "Le lien vaut une fois, pendant 30 minutes. Vous serez déconnecté partout. Si vous ne l’avez pas demandé, ne faites rien : votre mot de passe reste inchangé.",
    ),
    "registration": Text(
        "Veuillez confirmer votre adresse",
        "Quelqu’un, sans doute vous, a enregistré l’adresse {email} chez {organization}.\n\n"
        "Confirmez-la ici et connectez-vous :\n"
        "{link}\n\n"
        "Le lien vaut une fois, pendant un jour. Si ce n’était pas vous, ne faites rien.",
    ),
    "email": Text(
        "Veuillez confirmer votre nouvelle adresse",
        "Votre compte chez {organization} doit recevoir l’adresse {email}.\n\n"
        "Confirmez-la ici :\n"
        "{link}\n\n"
        "Le lien vaut une fois, pendant un jour. Si vous ne l’avez pas demandé, ne faites rien.",
    ),
    "known": Text(
        "Vous avez déjà un compte",
        "Quelqu’un, sans doute vous, a voulu utiliser l’adresse {email} pour un compte. Elle en a déjà un, chez {organization}.\n\n"
        "Si vous avez oublié votre mot de passe, demandez-en un nouveau à la connexion :\n"
        "{link}\n\n"
        "Si ce n’était pas vous, ne faites rien.",
    ),
    "moved": Text(
        "Votre compte a une autre adresse",
        "Votre compte chez {organization} avait l’adresse {email}. Vous vous connectez désormais avec {now}.\n\n"
        "Si vous ne l’avez pas demandé, prévenez aussitôt un administrateur de {organization}.",
    ),
    "owed": Text(
        "Votre paiement à {organization} n’a pas abouti",
        "{now} pour la recharge restent dus à {organization} : le paiement n’a pas abouti.\n\n"
        "Vous pouvez payer ici :\n"
        "{link}\n\n"
        "Si vous avez payé entre-temps, il n’y a plus rien à faire.",
    ),
    "runs": Text(
        "Vous rechargez chez {organization}",
        "La recharge a commencé. Ce qu’elle a coûté jusqu’ici, et le bouton pour l’arrêter, sont ici :\n{link}\n\n"
        "Vous payez à la fin, à la même adresse. Elle s’arrête d’elle-même avant de coûter plus de {now}.",
    ),
    "to_pay": Text(
        "Veuillez payer {now} à {organization}",
        "La recharge est terminée et coûte {now}. Payez ici :\n{link}\n\n"
        "La borne libère votre câble dès que c’est payé, et dans 15 minutes en tout cas. Ce qui n’est pas payé d’ici là reste dû.",
    ),
    "file_failed": Text(
        "Un fichier pour la comptabilité n’est pas arrivé",
        "{organization} n’a pas pu envoyer ce fichier, cinq fois :\n\n"
        "{now}\n\n"
        "Il n’y a plus d’essai. Regardez ce qui ne va pas, et renvoyez-le ; ce sera le même fichier :\n"
        "{link}",
    ),
}

HI = {
    "invitation": Text(
        "{organization} में आपका खाता",
        "{organization} में किसी ने आपके लिए, {email}, खाता बनाया है।\n\n"
        "यहाँ पासवर्ड चुनें और साइन इन करें:\n"
        "{link}\n\n"
        "लिंक एक बार चलता है, सात दिनों तक। यदि आप नहीं जानते कि यह क्या है, तो कुछ न करें।",
    ),
    "password": Text(
        "नया पासवर्ड",
        "{organization} में अपने खाते {email} के लिए यहाँ नया पासवर्ड चुनें:\n"
        "{link}\n\n"
        "लिंक एक बार चलता है, 30 मिनट तक। आप हर जगह से साइन आउट हो जाएँगे। यदि आपने यह नहीं माँगा, तो कुछ न करें: आपका पासवर्ड वैसा ही रहता है।",
    ),
    "registration": Text(
        "कृपया अपने पते की पुष्टि करें",
        "किसी ने, शायद आपने, {organization} में पता {email} पंजीकृत किया है।\n\n"
        "यहाँ इसकी पुष्टि करें और साइन इन करें:\n"
        "{link}\n\n"
        "लिंक एक बार चलता है, एक दिन तक। यदि वह आप नहीं थे, तो कुछ न करें।",
    ),
    "email": Text(
        "कृपया अपने नए पते की पुष्टि करें",
        "{organization} में आपके खाते का पता {email} होना है।\n\n"
        "यहाँ इसकी पुष्टि करें:\n"
        "{link}\n\n"
        "लिंक एक बार चलता है, एक दिन तक। यदि आपने यह नहीं माँगा, तो कुछ न करें।",
    ),
    "known": Text(
        "आपका खाता पहले से है",
        "किसी ने, शायद आपने, पते {email} से खाता बनाना चाहा। उसका खाता पहले से है, {organization} में।\n\n"
        "यदि आप पासवर्ड भूल गए हैं, तो साइन इन करने की जगह पर नया माँगें:\n"
        "{link}\n\n"
        "यदि वह आप नहीं थे, तो कुछ न करें।",
    ),
    "moved": Text(
        "आपके खाते का पता बदल गया है",
        "{organization} में आपके खाते का पता {email} था। अब से आप {now} से साइन इन करते हैं।\n\n"
        "यदि आपने यह नहीं माँगा, तो {organization} के प्रशासक को तुरंत बताएँ।",
    ),
    "owed": Text(
        "{organization} को आपका भुगतान नहीं हो पाया",
        "चार्जिंग के {now} अभी {organization} में बकाया हैं: भुगतान नहीं हो पाया।\n\n"
        "आप यहाँ भुगतान कर सकते हैं:\n"
        "{link}\n\n"
        "यदि इस बीच आपने भुगतान कर दिया है, तो और कुछ नहीं करना है।",
    ),
    "runs": Text(
        "आप {organization} पर चार्ज कर रहे हैं",
        "चार्जिंग शुरू हो गई है। अब तक की लागत और रोकने का बटन यहाँ है:\n{link}\n\n"
        "भुगतान अंत में, इसी पते पर होता है। लागत {now} से अधिक होने से पहले चार्जिंग अपने आप रुक जाती है।",
    ),
    "to_pay": Text(
        "कृपया {organization} को {now} का भुगतान करें",
        "चार्जिंग समाप्त हो गई है और इसकी लागत {now} है। यहाँ भुगतान करें:\n{link}\n\n"
        "भुगतान होते ही चार्जर आपका केबल छोड़ देता है, और किसी भी स्थिति में 15 मिनट में। जो तब तक नहीं चुकाया गया, वह बकाया रहता है।",
    ),
    "file_failed": Text(
        "लेखाकार की एक फ़ाइल नहीं पहुँची",
        "{organization} यह फ़ाइल पाँच बार नहीं भेज सका:\n\n"
        "{now}\n\n"
        "अब प्रयास नहीं होता। देखें कि क्या गलत है, और इसे फिर भेजें; फ़ाइल वही होगी:\n"
        "{link}",
    ),
}

TEXTS: dict[str, dict[str, Text]] = {"en": EN, "de": DE, "es": ES, "fr": FR, "hi": HI}


def text_of(kind: str, language: str | None) -> Text:
    """The words of one kind of mail in the language of a tag as `de-AT`; English where we have no other."""
    return TEXTS.get((language or "en").partition("-")[0].lower(), EN)[kind]
