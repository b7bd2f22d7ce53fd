import { t } from "@lingui/core/macro";
import { Button } from "@mantine/core";
import { schemaResolver, useForm, type UseFormReturnType } from "@mantine/form";
import { useState, type FormEvent, type ReactNode } from "react";
import * as v from "valibot";
import css from "./forms.module.css";
import { Note } from "./bits";

type Values = Record<string, unknown>;

interface Options<T extends Values> {
  initial: T;
  /** What the fields must be, in words for people; the server has the last word. */
  schema: v.GenericSchema<T, unknown>;
  /** Sends what was entered. What it throws is shown: at its field where the server names one. */
  submit: (values: T) => Promise<unknown>;
  /** The field that is to blame when the server says that there is such a thing already. */
  conflict?: keyof T & string;
}

export interface SentForm<T extends Values> {
  fields: UseFormReturnType<T>;
  busy: boolean;
  /** What went wrong beside the fields. */
  trouble: string | null;
  send: (event: FormEvent<HTMLFormElement>) => void;
}

/** What the server's answer to a refused form looks like; `ApiError` is one. */
interface Refusal {
  status: number;
  message: string;
  fields: { field: string; reason: string }[];
}

/** A form whose fields are checked by a schema before it is sent, and by the server's answer afterwards. */
export function useSentForm<T extends Values>({ initial, schema, submit, conflict }: Options<T>): SentForm<T> {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const fields = useForm<T>({
    initialValues: initial,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    validate: schemaResolver(schema, { sync: true }) as any,
  });

  const run = async (values: T) => {
    setBusy(true);
    setTrouble(null);
    try {
      await submit(values);
    } catch (error) {
      setTrouble(refused(error, values, conflict, (field, reason) => { fields.setFieldError(field, reason); }));
    } finally {
      setBusy(false);
    }
  };
  return { fields, busy, trouble, send: fields.onSubmit((values) => void run(values)) };
}

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
  return (
    <form className={css.form} onSubmit={form.send} noValidate>
      {children}
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
