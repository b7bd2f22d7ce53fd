import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, FileButton, TextInput } from "@mantine/core";
import { ApiError, client, ifMatch, tagged, type OrganizationLook, type Tagged } from "@stationmaster/api";
import { Form, notify, optional, Problem, useSentForm } from "@stationmaster/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import * as v from "valibot";
import { changed, orNull } from "../../fields";
import { useAway } from "../../live/useAway";
import { TAKEN } from "../../Pictures";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { lookQuery } from "./look";
import css from "./Look.module.css";

/** How the organization shows itself: on these pages, to guests at the charger, on paper and in mails. */
export function LookPart() {
  const { data, error } = useQuery(lookQuery());
  const may = useMay("own");
  if (!may) return null;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Name, logo and colour`}>
      <h2>
        <Trans>Name, logo and colour</Trans>
      </h2>
      <p className="dim small">
        <Trans>On these pages, on the page of guests at a charger, on receipts, invoices and reports, and in mails. What is issued already stays as it is.</Trans>
      </p>
      <Problem error={error} />
      {data && (
        <>
          <LogoPart look={data.value} />
          <LookForm one={data} />
        </>
      )}
    </section>
  );
}

const typed = (look: OrganizationLook) => ({ name: look.name ?? "", colour: look.colour ?? "" });

function LookForm({ one }: { one: Tagged<OrganizationLook> }) {
  const queries = useQueryClient();
  const seen = useRef(one);
  const form = useSentForm({
    initial: typed(one.value),
    schema: v.object({ name: optional(60), colour: v.pipe(v.string(), v.trim(), v.regex(/^(#[0-9a-fA-F]{6})?$/, t`# and six digits or letters, as in #0b6e5f`)) }),
    theirs: async () => {
      seen.current = await tagged(client.GET("/api/v1/organization/look"));
      return typed(seen.current.value);
    },
    submit: async (now, before) => {
      const facts = ({ name, colour }: typeof now) => ({ name: orNull(name), colour: orNull(colour) });
      // A logo that was brought meanwhile is another version of the same.
      const present = queries.getQueryData(lookQuery().queryKey) ?? seen.current;
      seen.current = await tagged(client.PATCH("/api/v1/organization/look", { body: changed(facts(before), facts(now)), headers: ifMatch(present.tag) }));
      queries.setQueryData(lookQuery().queryKey, seen.current);
      notify.done(t`Saved`);
    },
  });
  const { colour } = form.fields.values;
  const { colours } = one.value;
  const paler = one.value.colour !== null && colours.on_light !== colours.colour;
  return (
    <Form form={form} action={t`Save`} testid="look-submit">
      <TextInput label={t`Name to show`} placeholder={one.value.shown_name} data-testid="look-name" {...form.fields.getInputProps("name")} />
      <TextInput
        label={t`Colour`}
        placeholder="#0b6e5f"
        data-testid="look-colour"
        leftSection={
          <input
            type="color"
            className={css.pick}
            aria-label={t`Choose a colour`}
            value={/^#[0-9a-fA-F]{6}$/.test(colour) ? colour : colours.colour}
            onChange={(event) => { form.fields.setFieldValue("colour", event.currentTarget.value); }}
          />
        }
        leftSectionWidth={46}
        {...form.fields.getInputProps("colour")}
      />
      <div className={css.sample} data-testid="look-sample">
        <span style={{ color: colours.text, background: colours.colour }}><Trans>Pay and charge</Trans></span>
        <span style={{ color: colours.on_light, background: "#fff" }}><Trans>Receipt</Trans></span>
        <span style={{ color: colours.on_dark, background: "#20262d" }}><Trans>Receipt</Trans></span>
      </div>
      {paler && (
        <p className="dim small">
          <Trans>Too pale for words on white paper: they are printed in {colours.on_light}.</Trans>
        </p>
      )}
    </Form>
  );
}

function LogoPart({ look }: { look: OrganizationLook }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const forget = useRef<() => void>(null);
  const taken = (saved: Tagged<OrganizationLook>) => { queries.setQueryData(lookQuery().queryKey, saved); };
  const bring = useMutation({
    mutationFn: async (file: File) => {
      const body = { body: file as never, bodySerializer: (sent: unknown) => sent as Blob, headers: { "Content-Type": file.type || "application/octet-stream" } };
      try {
        taken(await tagged(client.POST("/api/v1/organization/logo", body)));
      } catch (refused) {
        const [first] = refused instanceof ApiError ? refused.fields : [];
        throw first ? new Error(`${file.name} ${first.reason}`) : refused;
      }
    },
    onSuccess: () => { notify.done(t`Saved`); },
    onError: notify.failed,
    onSettled: () => { forget.current?.(); },
  });
  const remove = useMutation({
    mutationFn: async () => { taken(await tagged(client.DELETE("/api/v1/organization/logo"))); },
    onError: notify.failed,
  });
  return (
    <div className={css.logo}>
      {look.logo ? <img src={look.logo.url} alt={t`The logo`} width={look.logo.width} height={look.logo.height} /> : <span className="dim"><Trans>No logo yet</Trans></span>}
      <div className={thing.buttons}>
        <FileButton accept={TAKEN} resetRef={forget} onChange={(file) => { if (file) bring.mutate(file); }}>
          {(props) => (
            <Button {...props} size="compact-sm" variant="default" loading={bring.isPending} disabled={away} data-testid="bring-logo">
              {look.logo ? t`Another logo` : t`Choose a logo`}
            </Button>
          )}
        </FileButton>
        {look.logo && (
          <Button size="compact-sm" variant="subtle" color="gray" loading={remove.isPending} disabled={away} onClick={() => { remove.mutate(); }}>
            <Trans>Remove</Trans>
          </Button>
        )}
      </div>
    </div>
  );
}
