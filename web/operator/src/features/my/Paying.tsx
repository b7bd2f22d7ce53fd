import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type Payment } from "@stationmaster/api";
import { money, Note, type Tone } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { paymentQuery } from "./queries";

const route = getRouteApi("/my/money");

/** Where one comes back to from the provider's page. */
export const BACK_TO = "/my/money";

export interface Paying {
  payment: Payment | undefined;
  /** Goes to the provider's page, as soon as it is known. */
  begin: (payment: Payment) => void;
  busy: boolean;
  forget: () => void;
}

/** A payment on its way to the provider's page and back; it stands in the address. */
export function usePaying(): Paying {
  const { payment: id = null } = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const [begun, setBegun] = useState<string | null>(null);
  const { data: payment } = useQuery(paymentQuery(id));

  // Who comes back has paid, or has not: the provider is asked, whatever the address says.
  useEffect(() => {
    if (id === null || id === begun) return;
    answered(client.POST("/api/v1/me/payments/{own_payment_id}/returned", { params: { path: { own_payment_id: id } } }))
      .then((now) => { queries.setQueryData(paymentQuery(id).queryKey, now); })
      .catch(() => undefined); // a payment that is not theirs is not there, and nothing is said of it
  }, [queries, id, begun]);

  const state = payment?.state ?? null;
  useEffect(() => {
    if (state === null || state === "asked" || state === "pending") return;
    for (const key of ["wallet", "payments", "saved-cards", "invoices"]) void queries.invalidateQueries({ queryKey: ["my", key] });
  }, [queries, state]);

  const leaves = begun !== null && payment?.id === begun && payment.state === "pending" ? payment.pay_at : null;
  useEffect(() => {
    if (leaves !== null) window.location.assign(leaves);
  }, [leaves]);

  return {
    payment,
    begin: (made) => {
      setBegun(made.id);
      queries.setQueryData(paymentQuery(made.id).queryKey, made);
      void navigate({ search: { payment: made.id }, replace: true, resetScroll: false });
    },
    busy: begun !== null && begun === id && (payment === undefined || payment.state === "asked" || leaves !== null),
    forget: () => void navigate({ search: {}, replace: true, resetScroll: false }),
  };
}

/** How a payment goes, or went. */
export function Paying({ paying: { payment, forget } }: { paying: Paying }) {
  if (!payment) return null;
  const { text, tone } = words(payment);
  return (
    <div role="status" data-testid={`payment-${payment.state}`}>
      <Note tone={tone}>
        {text} {payment.state === "pending" && payment.pay_at !== null && <a href={payment.pay_at}><Trans>To the payment</Trans></a>}
        {payment.state !== "asked" && payment.state !== "pending" && (
          <Button size="compact-sm" variant="subtle" color="gray" onClick={forget}>
            <Trans>OK</Trans>
          </Button>
        )}
      </Note>
    </div>
  );
}

function words({ state, purpose, amount, currency, reason }: Payment): { text: string; tone: Tone } {
  if (state === "asked") return { text: t`The payment is prepared.`, tone: "busy" };
  if (state === "pending") return { text: t`The provider has not told of your payment yet.`, tone: "busy" };
  if (state === "paid" || state === "authorised") {
    return { text: purpose === "card" ? t`Your card is saved.` : t`${money(amount, currency)} is paid. Thank you.`, tone: "available" };
  }
  return { text: [t`The payment did not go through; nothing was taken.`, reason].filter(Boolean).join(" "), tone: "faulted" };
}
