import type { MessageAttribute, MessageAttributes } from "../../../../../domain/queue/message-attributes.ts";
import type { AwsError } from "../../../errors.ts";
import type { StructureOf } from "../../../input/shapes.ts";
import { ignored, string, structure } from "../../../input/shapes.ts";
import { mapOf } from "../../../input/values.ts";
import { sqsError } from "../errors.ts";
import { isBinaryType } from "./attribute-digest.ts";

const ATTRIBUTE = {
  StringValue: string(),
  BinaryValue: string(),
  StringListValues: ignored,
  BinaryListValues: ignored,
  DataType: string(),
};

type GivenAttribute = StructureOf<typeof ATTRIBUTE>;
type GivenAttributes = Readonly<Record<string, GivenAttribute>> | null | undefined;

/** Attributes of a message, as a caller sends them. */
export const MESSAGE_ATTRIBUTES = mapOf(structure("MessageAttributeValue", ATTRIBUTE), 100);

const ATTRIBUTES_MAX = 10;
const NAME_BYTES_MAX = 256;
const TYPE = /^(String|Number|Binary)(\..+)?$/s;
/** AWS keeps 38 digits. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;

/** Checks the attributes that a caller gives a message. @throws AwsError */
export function givenAttributes(given: GivenAttributes): MessageAttributes {
  const entries = Object.entries(given ?? {});
  if (entries.length > ATTRIBUTES_MAX) {
    throw invalid(`Number of message attributes [${entries.length}] exceeds the allowed maximum [${ATTRIBUTES_MAX}].`);
  }
  return new Map(entries.map(([name, attribute]) => [checkedName(name), givenAttribute(name, attribute)]));
}

/** The X-Ray header, which is the only system attribute that a caller may give. @throws AwsError */
export function givenTraceHeader(given: GivenAttributes): string | undefined {
  for (const [name, attribute] of Object.entries(given ?? {})) {
    if (name !== "AWSTraceHeader") throw invalid(`Message system attribute name '${name.slice(0, 256)}' is invalid.`);
    if (attribute.DataType !== "String") {
      throw invalid(
        `The type of message (system) attribute 'AWSTraceHeader' is invalid. You must use only the type String.`,
      );
    }
    return givenAttribute(name, attribute).value;
  }
  return undefined;
}

function checkedName(name: string): string {
  const isValid =
    /^[\p{L}\p{N}_.-]+$/u.test(name) &&
    Buffer.byteLength(name) <= NAME_BYTES_MAX &&
    !/^(aws\.|amazon\.)/i.test(name) &&
    !/^\.|\.$|\.\./.test(name);
  if (isValid) return name;
  throw invalid(
    "Message (user) attribute name can only contain upper and lower score characters, digits, periods, hyphens and underscores. It must not begin with AWS. or Amazon., begin or end with a period, or be longer than 256 bytes.",
  );
}

function givenAttribute(name: string, { DataType, StringValue, BinaryValue }: GivenAttribute): MessageAttribute {
  if (DataType === undefined || DataType === null || DataType === "") {
    throw invalid(`The message attribute '${name}' must contain non-empty message attribute type.`);
  }
  const kind = TYPE.exec(DataType)?.[1];
  if (kind === undefined || Buffer.byteLength(DataType) > NAME_BYTES_MAX) {
    const types = "You must use only the following supported type prefixes: Binary, Number, String.";
    throw invalid(`The type of message (user) attribute '${name}' is invalid. ${types}`);
  }
  const value = isBinaryType(DataType) ? BinaryValue : StringValue;
  if (value === undefined || value === null || value === "") {
    const type = kind === "Binary" ? "Binary" : "String";
    throw invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
  }
  if (kind === "Number" && !NUMBER.test(value)) {
    throw invalid(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  return { type: DataType, value };
}

/** The bytes of attributes as they count in a message's size. */
export function attributesBytes(attributes: MessageAttributes): number {
  let bytes = 0;
  for (const [name, { type, value }] of attributes) {
    const valueBytes = isBinaryType(type) ? Buffer.from(value, "base64").length : Buffer.byteLength(value);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + valueBytes;
  }
  return bytes;
}

function invalid(message: string): AwsError {
  return sqsError("InvalidParameterValueException", message);
}
