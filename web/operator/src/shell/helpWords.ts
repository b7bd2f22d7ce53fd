import { t } from "@lingui/core/macro";

/** What a page is for, and what one does there next: by the beginning of its address, the longest that fits. */
export function helpOf(path: string): string {
  const words: Record<string, string> = {
    "/": t`What needs you, what goes on now, and how charging went lately. Each number leads to the list it is made of. Choose a site and a time at the top.`,
    "/chargers": t`The chargers as they are now. Open one to start, stop, set limits or read its messages; filter by state or site. A charger that is not here has not been added, or can't connect.`,
    // With what follows: the page of one, not the list.
    "/chargers/": t`One charger. The parts on top lead to its sessions, limits, settings, cards, firmware and messages. What is sent to it answers in place, and stands in the history below.`,
    "/analytics": t`What charging brings, when and where, whether drivers get to charge, and what is faulty. Choose a site and a time at the top; each table can be saved as a file.`,
    "/reports": t`A month or a week on paper or as a table: of a site, of the uptime of ports, of revenue, for a host. Choose which, look at it, save it; a schedule mails it after each month or week.`,
    "/map": t`Where the sites are and how their connectors do, now. The list says the same in words. Choose a state to see only the sites that have it; a click on a mark opens the site.`,
    "/sites": t`The places where chargers stand. A site has an address, opening hours, a time zone and a tariff; its page lists its chargers and prints the codes that guests scan.`,
    "/sessions": t`Every charge, running or over. Filter by time, charger, card or state; open one for its energy, its bill and what is doubtful about it. What you see can be saved as a file.`,
    "/reservations": t`Who keeps a connector free until when. A reservation is made on the page of its charger.`,
    "/firmware": t`Files that chargers can be updated with. Upload one here, then start the update on the page of a charger.`,
    "/customers": t`Who charges and who pays: people and companies with their cards, vehicles, wallet and invoices. Open one to take in money, or to see what is owed.`,
    "/payments": t`What guests and customers have paid, what was given back, and what is still owed. The books of the payment providers are compared each day.`,
    "/tariffs": t`What charging costs. A tariff has prices by time and use; it holds where a site, a charger or a customer names it. A changed price holds for sessions that begin after it.`,
    "/cards": t`Which cards may charge. Add one by its number, or bring many from a file; block one that is lost.`,
    "/alerts": t`What somebody should know of now. Say that you look after it, and nobody else is told; it goes by itself when it is well again. Open one for who was told and what became of it.`,
    "/alert-pauses": t`Times in which work is planned: of what happens there meanwhile nobody is told. It ends by itself, or when you say that the work is over.`,
    "/alert-rules": t`What is watched for, how long it must be so, and who is told. A rule of a charger or site goes before one for everything; nobody gets a message before a rule names them.`,
    "/alert-channels": t`Where messages go beside e-mail: SMS, a chat, a phone, or the address of a program. Send a test, then name the channel in a rule.`,
    "/alert-messages": t`Every message about an alert, to whom it went, and why one did not arrive. It is tried again for a day.`,
    "/review": t`What a person should look at: doubtful sessions, messages that fit nothing and odd events. Nothing here is lost; mark it as seen when you have looked.`,
    "/refused": t`Who has tried to connect and was refused, and why: a wrong password, an unknown id, another version. Add the charger from here, or correct its settings.`,
    "/users": t`Who may sign in, and what they may do. Somebody who is invited chooses their own password; who leaves is locked out here.`,
    "/account": t`Your name, your password, the second step and where you are signed in. Language and appearance are in the menu beside your address.`,
    "/api-keys": t`Keys for programs. Each may only what it is given, is shown once, and can be revoked at any time.`,
    "/webhooks": t`Addresses of programs that are told when something happens. What was told, and what failed, is under Deliveries.`,
    "/deliveries": t`What was told to programs and sent by mail, and what could not be. It is tried again for a day; after that you can try it again by hand.`,
    "/organization": t`Your organization: its name, what stands on receipts and invoices, its language and time zone, and all of its data as one file.`,
    "/audit": t`Who did what and when, with what was before and after. Nothing can be changed here.`,
    "/my": t`Start a charger with your card, see what goes on and stop it, or have a place kept for you. Search for a place by its name, street or town, or for what is near.`,
    "/my/sessions": t`What you have charged, the newest first. Open one for its energy, its bill and what the meter has signed.`,
    "/my/money": t`What you have with us, or owe. Pay in, see what was booked, and save receipts, invoices and statements.`,
    "/my/profile": t`How you are reached, your cards and vehicles, and what you are told of by e-mail. Block a card at once when it is lost.`,
    "/start": t`The first things to set up, in their order. It ticks off what there is.`,
  };
  const fits = Object.keys(words).filter((begin) => path === begin || (begin !== "/" && path.startsWith(begin.endsWith("/") ? begin : `${begin}/`)));
  const best = fits.sort((one, other) => other.length - one.length)[0];
  return (best && words[best]) ?? t`This page has no help of its own yet. The first steps are a good place to begin.`;
}
