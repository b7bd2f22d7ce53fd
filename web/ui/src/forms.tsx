import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { schemaResolver, useForm, type UseFormReturnType } from "@mantine/form";
import { createContext, useContext, useEffect, useLayoutEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import * as v from "valibot";
import css from "./forms.module.css";
import { Note } from "./plain";

type Values = Record<string, unknown>;

interface Options<T extends Values> {
  initial: T;
  /** What the fields must be, in words for people; the server has the last word. */
  schema: v.GenericSchema<T, unknown>;
  /** Sends what was entered; `before` is what the form was filled with. What it throws is shown: at its field where the server names one. */
  submit: (values: T, before: T) => Promise<unknown>;
  /** The field that is to blame when the server says that there is such a thing already. */
  conflict?: keyof T & string;
  /** Fetches what is there now, when somebody else has changed it since the form was filled in. */
  theirs?: () => Promise<T>;
}

export interface SentForm<T extends Values> {
  fields: UseFormReturnType<T>;
  busy: boolean;
  /** What went wrong beside the fields. */
  trouble: string | null;
  /** Somebody else was quicker: the choice between what they have made of it and what is entered here. */
  outdated: { keepMine: () => void; takeTheirs: () => void } | null;
  send: (event: FormEvent<HTMLFormElement>) => void;
}

/** What the server's answer to a refused form looks like; `ApiError` is one. */
interface Refusal {
  status: number;
  message: string;
  fields: { field: string; reason: string }[];
}

/** A form whose fields are checked by a schema before it is sent, and by the server's answer afterwards. */
export function useSentForm<T extends Values>({ initial, schema, submit, conflict, theirs }: Options<T>): SentForm<T> {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [outdated, setOutdated] = useState(false);
  const [before, setBefore] = useState(initial);
  const fields = useForm<T>({
    initialValues: initial,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    validate: schemaResolver(schema, { sync: true }) as any,
  });

  const attempt = async (values: T, f: () => Promise<unknown>) => {
    setBusy(true);
    setTrouble(null);
    setOutdated(false);
    try {
      await f();
    } catch (error) {
      if (theirs && isRefusal(error) && error.status === OUTDATED) setOutdated(true);
      else setTrouble(refused(error, values, conflict, (field, reason) => { fields.setFieldError(field, reason); }));
    } finally {
      setBusy(false);
    }
  };
  const run = (values: T) => attempt(values, () => submit(values, before));
  const keepMine = () => {
    const mine = fields.getValues();
    void attempt(mine, async () => {
      await theirs?.();
      await submit(mine, before);
    });
  };
  const takeTheirs = () => {
    void attempt(fields.getValues(), async () => {
      const now = await theirs?.();
      if (!now) return;
      setBefore(now);
      fields.setInitialValues(now);
      fields.setValues(now);
      fields.resetDirty(now);
    });
  };
  return {
    fields, busy, trouble,
    outdated: outdated ? { keepMine, takeTheirs } : null,
    send: fields.onSubmit((values) => void run(values)),
  };
}

const OUTDATED = 412;

/** Whoever shows a form may want to know that something has been entered and not been sent. */
export const Unsaved = createContext<(dirty: boolean) => void>(() => undefined);

/** Puts every reason at its field; answers what is left to be said beside them. */
function refused<T extends Values>(
  error: unknown,
  values: T,
  conflict: string | undefined,
  put: (field: string, reason: string) => void,
): string | null {
  if (!isRefusal(error)) return error instanceof Error ? error.message : t`Something went wrong.`;
  const placed = error.fields.filter(({ field }) => field in values);
  for (const { field, reason } of placed) put(field, reason);
  if (placed.length > 0 && placed.length === error.fields.length) return null;
  if (error.status === 409 && conflict) {
    put(conflict, error.message);
    return null;
  }
  return error.message;
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && "fields" in error && Array.isArray(error.fields);
}

interface FormProps<T extends Values> {
  form: SentForm<T>;
  children: ReactNode;
  /** The word on the button. */
  action: string;
  testid?: string;
  colour?: string;
}

/** The fields, what went wrong beside them, and the button. */
export function Form<T extends Values>({ form, children, action, testid, colour }: FormProps<T>) {
  const tellUnsaved = useContext(Unsaved);
  const dirty = form.fields.isDirty();
  // Before anything else can happen: the next key may be Escape.
  useLayoutEffect(() => {
    tellUnsaved(dirty);
    return () => { tellUnsaved(false); };
  }, [tellUnsaved, dirty]);
  // In a long form the field that is to blame may be out of sight.
  const shown = useRef<HTMLFormElement>(null);
  const sent = useRef(false);
  const { errors } = form.fields;
  useEffect(() => {
    if (!sent.current || Object.keys(errors).length === 0) return;
    sent.current = false;
    shown.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [errors]);
  const send = (event: FormEvent<HTMLFormElement>) => {
    sent.current = true;
    form.send(event);
  };
  return (
    <form ref={shown} className={css.form} onSubmit={send} noValidate>
      {children}
      {form.outdated && (
        <div role="alert" className={css.outdated} data-testid="outdated">
          <Note tone="busy">
            <Trans>Somebody else has changed this since you opened it. Nothing of yours is saved yet.</Trans>
          </Note>
          <div>
            <Button variant="default" size="compact-sm" loading={form.busy} onClick={form.outdated.takeTheirs}>
              <Trans>Show theirs, drop mine</Trans>
            </Button>
            <Button variant="default" size="compact-sm" loading={form.busy} onClick={form.outdated.keepMine}>
              <Trans>Save mine all the same</Trans>
            </Button>
          </div>
        </div>
      )}
      {form.trouble !== null && (
        <div role="alert">
          <Note tone="faulted">{form.trouble}</Note>
        </div>
      )}
      <Button type="submit" loading={form.busy} data-testid={testid} {...(colour && { color: colour })}>
        {action}
      </Button>
    </form>
  );
}

/** Text that must be there. */
export function needed(max = 200) {
  return v.pipe(v.string(), v.trim(), v.minLength(1, t`Please fill this in`), v.maxLength(max, t`At most ${max} characters`));
}

/** A number as people type it, with a point or a comma: for a schema, and read from the field. */
export const DECIMAL = /^\d+([.,]\d+)?$/;

export function decimal(text: string): number {
  return Number(text.trim().replace(",", "."));
}

/** Text that may be left out. */
export function optional(max = 200) {
  return v.pipe(v.string(), v.trim(), v.maxLength(max, t`At most ${max} characters`));
}
