import { t } from "@lingui/core/macro";
import { Checkbox, FileInput, Textarea, TextInput } from "@mantine/core";
import { answered, client, type FirmwareFile } from "@stationmaster/api";
import { Form, needed, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";

interface Props {
  vendor?: string | null;
  model?: string | null;
  onDone: (file: FirmwareFile) => void;
}

/** A file with what it is; the server keeps it until it is removed. */
export function AddFirmware({ vendor, model, onDone }: Props) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: {
      file: null as File | null,
      version: "",
      vendor: vendor ?? "",
      model: model ?? "",
      is_signed: false,
      signature: "",
      signing_certificate: "",
    },
    schema: v.object({
      file: v.custom<File | null>((file) => file instanceof File && file.size > 0, t`Please choose a file that is not empty`),
      version: needed(50),
      vendor: optional(50),
      model: optional(50),
      is_signed: v.boolean(),
      signature: optional(800),
      signing_certificate: optional(5500),
    }),
    submit: async ({ file, version, vendor: maker, model: kind, is_signed, signature, signing_certificate }) => {
      if (file === null) return;
      const query = {
        name: file.name,
        version: version.trim(),
        ...(maker.trim() && { vendor: maker.trim() }),
        ...(kind.trim() && { model: kind.trim() }),
        ...(is_signed && { signature: signature.replace(/\s/g, ""), signing_certificate: signing_certificate.trim() }),
      };
      const made = await answered(
        client.POST("/api/v1/firmware", {
          params: { query },
          // The body is the file as it is, which the description of the API has no shape for.
          body: file as never,
          bodySerializer: (body: unknown) => body as Blob,
          headers: { "Content-Type": "application/octet-stream" },
        }),
      );
      await queries.invalidateQueries({ queryKey: ["firmware"] });
      notify.done(t`${made.name} is here`);
      onDone(made);
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Upload`} testid="firmware-submit">
      <FileInput label={t`File`} placeholder={t`Choose a file`} required clearable clearButtonProps={{ "aria-label": t`Clear` }} data-testid="firmware-file" {...fields.getInputProps("file")} />
      <TextInput
        label={t`Version`}
        description={t`As the charger says it when it runs this firmware; by it we know that the update has worked`}
        required
        data-testid="firmware-version"
        {...fields.getInputProps("version")}
      />
      <TextInput label={t`Vendor`} placeholder={t`Any`} {...fields.getInputProps("vendor")} />
      <TextInput label={t`Model`} placeholder={t`Any`} {...fields.getInputProps("model")} />
      <Checkbox label={t`It is signed by its maker`} {...fields.getInputProps("is_signed", { type: "checkbox" })} />
      {fields.values.is_signed && (
        <>
          <Textarea label={t`Signature`} description={t`Base64, as the maker gives it`} classNames={{ input: "mono" }} autosize minRows={2} maxRows={5} {...fields.getInputProps("signature")} />
          <Textarea label={t`The maker's certificate`} description={t`PEM`} classNames={{ input: "mono" }} autosize minRows={2} maxRows={5} {...fields.getInputProps("signing_certificate")} />
        </>
      )}
    </Form>
  );
}
