import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { PasswordInput, Select, Switch, TextInput } from "@mantine/core";
import { answered, client, ifMatch, tagged, waysIn, type Tagged, type UserAccount, type UserChanges, type UserLink } from "@stationmaster/api";
import { Form, needed, notify, optional, Problem, useSentForm, Waiting } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import * as v from "valibot";
import { changed, orNull } from "../../fields";
import { NamesInput } from "../../managed/NamesInput";
import { longEnough } from "../../passwords";
import { useRoleChoices } from "../../roles";
import { useMay, useRefreshedUser, useUser } from "../../user";
import { CustomerSelect } from "../customers/CustomerSelect";
import { sites } from "../sites/resource";

interface Props {
  user: UserAccount;
  onDone: () => void;
}

interface AddProps {
  /** There is a link to be handed on, since no mail is set up. */
  onLink: (email: string, link: UserLink) => void;
  onDone: () => void;
}

/** Invites somebody, who chooses a password themselves; or adds them with one. */
export function AddUser({ onLink, onDone }: AddProps) {
  const queries = useQueryClient();
  const { data: ways } = useQuery({ queryKey: ["setup"], queryFn: waysIn });
  const limited = useUser().sites !== null;
  const form = useSentForm({
    initial: { email: "", name: "", role: "operator", sites: [] as string[], customer: null as string | null, with_password: false, password: "" },
    schema: v.pipe(
      v.object({ email: needed(254), name: optional(200), role: v.string(), sites: sitesWithin(limited), customer: v.nullable(v.string()), with_password: v.boolean(), password: v.string() }),
      v.forward(
        v.partialCheck(
          [["with_password"], ["password"]],
          ({ with_password, password }) => !with_password || v.is(longEnough(), password),
          t`At least 12 characters`,
        ),
        ["password"],
      ),
    ),
    conflict: "email",
    submit: async (values) => {
      const email = values.email.trim();
      const { role, customer } = values;
      const body = { email, name: orNull(values.name), role, customer, sites: orAll(values.sites), password: values.with_password ? values.password : null };
      const { link } = await answered(client.POST("/api/v1/users", { body }));
      await queries.invalidateQueries({ queryKey: ["users"] });
      if (link?.url) {
        onLink(email, link);
        return;
      }
      notify.done(link ? t`The invitation for ${email} is on its way` : t`${email} can sign in now`);
      onDone();
    },
  });
  const { fields } = form;
  const mailed = ways?.mail ?? true;
  return (
    <Form form={form} action={fields.values.with_password ? t`Add user` : t`Invite`} testid="add-user-submit">
      <TextInput
        label={t`E-mail`}
        description={
          fields.values.with_password ? undefined : mailed ? t`They are mailed a link, and choose a password.` : t`No mail is set up here: you are shown a link to hand on.`
        }
        type="email" autoComplete="off" required data-autofocus data-testid="add-user-email" {...fields.getInputProps("email")}
      />
      <TextInput label={t`Name`} autoComplete="off" {...fields.getInputProps("name")} />
      <Select label={t`Role`} data={useRoleChoices()} allowDeselect={false} data-testid="add-user-role" {...fields.getInputProps("role")} />
      <SitesInput limited={limited} {...fields.getInputProps("sites")} />
      <CustomerInput role={fields.values.role} {...fields.getInputProps("customer")} />
      <Switch label={t`Give them a password now`} data-testid="add-user-with-password" {...fields.getInputProps("with_password", { type: "checkbox" })} />
      {fields.values.with_password && (
        <PasswordInput
          label={t`Password`}
          description={t`At least 12 characters. Tell it to them; they can change it themselves.`}
          autoComplete="new-password"
          required
          data-testid="add-user-password"
          {...fields.getInputProps("password")}
        />
      )}
    </Form>
  );
}

function typed({ email, name, role, sites, customer }: UserAccount) {
  return { email, name: name ?? "", role, sites: sites ?? [], customer };
}

function facts({ email, name, role, sites, customer }: ReturnType<typeof typed>) {
  return { email: email.trim(), name: orNull(name), role, customer, sites: orAll(sites) };
}

/** Who somebody is, what they may do, and where: as it is now, since the list may be older. */
export function EditUser({ user: { id }, onDone }: Props) {
  const { data, error, isFetching } = useQuery({ queryKey: ["user", id], queryFn: () => fetchUser(id), gcTime: 0, staleTime: 0, refetchOnWindowFocus: false });
  if (error) return <Problem error={error} />;
  return data && !isFetching ? <Fields one={data} onDone={onDone} /> : <Waiting />;
}

function fetchUser(user_id: string): Promise<Tagged<UserAccount>> {
  return tagged(client.GET("/api/v1/users/{user_id}", { params: { path: { user_id } } }));
}

function Fields({ one, onDone }: { one: Tagged<UserAccount>; onDone: () => void }) {
  const send = useChange(one.value, onDone);
  const seen = useRef(one);
  const limited = useUser().sites !== null;
  const form = useSentForm({
    initial: typed(one.value),
    schema: v.object({ email: needed(254), name: optional(200), role: v.string(), sites: sitesWithin(limited), customer: v.nullable(v.string()) }),
    theirs: async () => {
      seen.current = await fetchUser(one.value.id);
      return typed(seen.current.value);
    },
    submit: (values, before) => send(changed(facts(before), facts(values)), t`Saved`, seen.current.tag),
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Save`} testid="edit-user-submit">
      <TextInput
        label={t`E-mail`} description={t`They sign in with it; nobody asks whether it is theirs.`} type="email" autoComplete="off" required
        {...fields.getInputProps("email")}
      />
      <TextInput label={t`Name`} autoComplete="off" data-testid="edit-user-name" {...fields.getInputProps("name")} />
      <Select label={t`Role`} data={useRoleChoices()} allowDeselect={false} data-autofocus {...fields.getInputProps("role")} />
      <SitesInput limited={limited} {...fields.getInputProps("sites")} />
      <CustomerInput role={fields.values.role} {...fields.getInputProps("customer")} />
    </Form>
  );
}

export function NewPassword({ user, onDone }: Props) {
  const send = useChange(user, onDone);
  const form = useSentForm({
    initial: { password: "" },
    schema: v.object({ password: longEnough() }),
    submit: ({ password }) => send({ password }, t`${user.email} has another password`),
  });
  return (
    <Form form={form} action={t`Set password`} testid="new-password-submit">
      <PasswordInput
        label={t`New password`}
        description={t`At least 12 characters. They are signed out everywhere.`}
        autoComplete="new-password"
        required
        data-autofocus
        data-testid="new-password"
        {...form.fields.getInputProps("password")}
      />
      <p className="dim small">
        <Trans>Better is a link, with which they choose one that nobody else knows.</Trans>
      </p>
    </Form>
  );
}

function SitesInput({ limited, ...props }: { limited: boolean; value?: string[]; onChange?: (names: string[]) => void }) {
  return (
    <NamesInput
      resource={sites} label={t`Only at these sites`} placeholder={limited ? t`Choose sites` : t`All`} required={limited} testid="user-sites"
      description={t`What they see and do is limited to these.`} {...props}
    />
  );
}

/** Who a driver is among those who are billed: what they see as their own is that customer's. */
function CustomerInput({ role, value = null, ...props }: { role: string; value?: string | null; onChange?: (id: string | null) => void }) {
  const may = useMay("manage_customers");
  if (!may || (role !== "driver" && value === null)) return null;
  return (
    <CustomerSelect
      label={t`Customer`} placeholder={t`None yet`} data-testid="user-customer"
      description={t`Whose cards, vehicles and sessions are theirs`} value={value} {...props}
    />
  );
}

/** Who is limited to some sites gives nobody all. */
function sitesWithin(limited: boolean) {
  return v.pipe(v.array(v.string()), v.minLength(limited ? 1 : 0, t`Choose at least one`));
}

function orAll(names: string[]): string[] | null {
  return names.length > 0 ? names : null;
}

function useChange(user: UserAccount, onDone: () => void) {
  const queries = useQueryClient();
  const me = useUser();
  const refreshMe = useRefreshedUser();
  return async (body: UserChanges, done: string, tag = "*") => {
    await answered(client.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user.id }, header: ifMatch(tag) }, body }));
    await queries.invalidateQueries({ queryKey: ["users"] });
    if (user.id === me.id) await refreshMe();
    notify.done(done);
    onDone();
  };
}
