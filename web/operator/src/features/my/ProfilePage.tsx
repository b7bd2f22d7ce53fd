import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { client, ifMatch, tagged, type OwnProfile, type Tagged } from "@stationmaster/api";
import { Facts, Form, needed, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import * as v from "valibot";
import { changed, orNull } from "../../fields";
import { LanguageField } from "../../shell/Languages";
import thing from "../../thing.module.css";
import { useUser } from "../../user";
import { PushDevices } from "../account/PushDevices";
import { NoticeParts, type Whose } from "../customers/NoticeParts";
import { Vehicles } from "../customers/vehicles/Vehicles";
import { OwnCards } from "./Cards";
import { Mine } from "./Mine";
import { profileQuery } from "./queries";
import { ownVehicles } from "./vehicles";

/** Who one is, with which cards and vehicles, and what one is told of. */
export function ProfilePage() {
  return <Mine title={t`Profile`}>{(mine) => <Profile mine={mine} />}</Mine>;
}

function Profile({ mine }: { mine: Tagged<OwnProfile> }) {
  return (
    <div className={thing.columns}>
      <div className={thing.beside}>
        <Contact key={mine.tag} mine={mine} />
        <Account />
      </div>
      <OwnCards />
      <Vehicles resource={ownVehicles} customer={null} />
      <PushDevices about={t`What you have chosen below comes to these devices as well.`} />
      <NoticeParts
        whose={noticesOf(mine)}
        may
        about={t`What you are told, also on your devices. Each e-mail and SMS has a link that ends its kind.`}
        noAddress={t`You have given no e-mail address, so messages come to your devices only.`}
        sent={t`Messages you got`}
      />
    </div>
  );
}

function typedOf({ name, email }: OwnProfile) {
  return { name, email: email ?? "" };
}

/** What one is called, and where one is written to. */
function Contact({ mine }: { mine: Tagged<OwnProfile> }) {
  const queries = useQueryClient();
  const seen = useRef(mine);
  const facts = ({ name, email }: ReturnType<typeof typedOf>) => ({ name: name.trim(), email: orNull(email) });
  const form = useSentForm({
    initial: typedOf(mine.value),
    schema: v.object({ name: needed(), email: optional(254) }),
    theirs: async () => {
      seen.current = await tagged(client.GET("/api/v1/me"));
      return typedOf(seen.current.value);
    },
    submit: async (values, before) => {
      const params = { header: ifMatch(seen.current.tag) };
      const saved = await tagged(client.PATCH("/api/v1/me", { params, body: changed(facts(before), facts(values)) }));
      queries.setQueryData(profileQuery().queryKey, saved);
      notify.done(t`Saved`);
    },
  });
  const { fields } = form;
  return (
    <section className={`${thing.panel} card`} aria-label={t`How you are reached`}>
      <h2>
        <Trans>How you are reached</Trans>
      </h2>
      <Form form={form} action={t`Save`} testid="contact-submit">
        <TextInput label={t`Name`} autoComplete="name" required {...fields.getInputProps("name")} />
        <TextInput
          label={t`E-mail`} description={t`Receipts and notices go there. It is the address that you sign in with; another one is entered by whoever runs the chargers.`} type="email" autoComplete="email"
          data-testid="contact-email" {...fields.getInputProps("email")}
        />
      </Form>
      <Facts
        items={[
          [t`Phone`, mine.value.phone ?? "–"],
          [t`Customer number`, <span key="n" className="mono hostile">{mine.value.id}</span>],
        ]}
      />
    </section>
  );
}

/** How one signs in, and in which language. */
function Account() {
  const { email } = useUser();
  return (
    <section className={`${thing.panel} card`} aria-label={t`Account`}>
      <h2>
        <Trans>Account</Trans>
      </h2>
      <Facts items={[[t`Signed in as`, <span key="e" className="hostile">{email}</span>]]} />
      <LanguageField />
      <Link to="/account">
        <Trans>Password, second step, devices</Trans>
      </Link>
    </section>
  );
}

function noticesOf({ tag }: Tagged<OwnProfile>): Whose {
  return {
    key: ["my"],
    version: tag,
    choices: (signal) => client.GET("/api/v1/me/notice-choices", signal && { signal }),
    change: (header, body) => client.PATCH("/api/v1/me/notice-choices", { params: { header }, body }),
    told: (query, signal) => client.GET("/api/v1/me/notices", { params: { query }, signal }),
  };
}
