import type ts from 'typescript';
import { type JsonSchema, MESSAGE, MESSAGES } from './graph-schema.js';

type TypeScript = typeof ts;

/** Deeper types, and more of them, are of any form. */
const MAX_DEPTH = 12;
const MAX_TYPES = 5_000;

/** Writes types of TypeScript as JSON Schema. Functions are left out, and so is what stands for undefined. */
export class TypeToSchema {
  private readonly open = new Set<ts.Type>();
  private count = 0;
  private depth = 0;

  constructor(
    private readonly ts: TypeScript,
    private readonly checker: ts.TypeChecker,
    private readonly at: ts.Node,
  ) {}

  /** Null for a type that says nothing: `any`, `unknown`, `never`, an object of anything. */
  root(type: ts.Type): JsonSchema | null {
    const { Any, Unknown, Never } = this.ts.TypeFlags;
    if (type.flags & (Any | Unknown | Never)) return null;
    const schema = this.schema(type);
    return schema.type === 'object' && !schema.properties ? null : schema;
  }

  private schema(type: ts.Type): JsonSchema {
    this.count += 1;
    if (this.open.has(type) || this.depth >= MAX_DEPTH || this.count > MAX_TYPES) return {};
    // A list of what is being written says at least that it is one.
    if (!this.checker.isArrayType(type)) this.open.add(type);
    this.depth += 1;
    const schema = type.isUnion() ? this.union(type) : this.single(type);
    this.depth -= 1;
    this.open.delete(type);
    return schema;
  }

  private union(type: ts.UnionType): JsonSchema {
    if (this.isMessages(type)) return MESSAGES;
    const { Undefined, BooleanLiteral, StringLiteral, NumberLiteral } = this.ts.TypeFlags;
    const members = type.types.filter((member) => !(member.flags & Undefined) && !this.isOverwrite(member));
    const values = members.filter((member) => member.flags & (StringLiteral | NumberLiteral));
    const schemas = members
      .filter((member) => !values.includes(member) && !(member.flags & BooleanLiteral))
      .map((member) => this.schema(member));
    if (members.some((member) => member.flags & BooleanLiteral)) schemas.push({ type: 'boolean' });
    if (values.length > 0) schemas.push({ enum: values.map((member) => (member as ts.LiteralType).value) });
    const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
    if (different.some((schema) => Object.keys(schema).length === 0)) return {};
    return different.length === 1 ? (different[0] as JsonSchema) : { anyOf: different };
  }

  private single(type: ts.Type): JsonSchema {
    const { TypeFlags } = this.ts;
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & TypeFlags.BooleanLiteral) return { const: this.checker.typeToString(type) === 'true' };
    if (type.flags & TypeFlags.StringLike) return { type: 'string' };
    if (type.flags & TypeFlags.NumberLike) return { type: 'number' };
    if (type.flags & TypeFlags.BooleanLike) return { type: 'boolean' };
    if (type.flags & TypeFlags.Null) return { type: 'null' };
    if (!(type.flags & (TypeFlags.Object | TypeFlags.Intersection))) return {};
    return this.object(type);
  }

  private object(type: ts.Type): JsonSchema {
    if (this.isMessage(type)) return MESSAGE;
    if (this.checker.isTupleType(type)) {
      const items = this.checker.getTypeArguments(type as ts.TypeReference).map((item) => this.schema(item));
      return { type: 'array', prefixItems: items };
    }
    const item = this.itemOf(type);
    if (item) return this.isMessage(item) || this.isMessages(item) ? MESSAGES : { type: 'array', items: this.schema(item) };
    const name = type.symbol?.name;
    if (name === 'Date') return { type: 'string', format: 'date-time' };
    if (type.getCallSignatures().length > 0 || this.isOfLibrary(type)) return {};
    return this.properties(type);
  }

  private properties(type: ts.Type): JsonSchema {
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    for (const property of this.checker.getPropertiesOfType(type)) {
      const own = this.checker.getTypeOfSymbolAtLocation(property, this.at);
      if (property.name.startsWith('__@') || own.getCallSignatures().length > 0) continue;
      const description = this.ts.displayPartsToString(property.getDocumentationComment(this.checker));
      const schema = this.schema(own);
      properties[property.name] = description === '' ? schema : { ...schema, description };
      if (!(property.flags & this.ts.SymbolFlags.Optional) && !this.mayBeUndefined(own)) required.push(property.name);
    }
    const others = this.checker.getIndexInfoOfType(type, this.ts.IndexKind.String);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(others && { additionalProperties: this.schema(others.type) }),
    };
  }

  private itemOf(type: ts.Type): ts.Type | undefined {
    if (!this.checker.isArrayType(type)) return undefined;
    return this.checker.getTypeArguments(type as ts.TypeReference)[0];
  }

  private mayBeUndefined(type: ts.Type): boolean {
    const { Undefined, Any, Unknown } = this.ts.TypeFlags;
    const types = type.isUnion() ? type.types : [type];
    return types.some(({ flags }) => flags & (Undefined | Any | Unknown));
  }

  /** One message of LangChain, or whatever is taken for one. */
  private isMessage(type: ts.Type): boolean {
    if (type.symbol?.name === 'BaseMessage') return true;
    const bases = type.isClassOrInterface() ? this.checker.getBaseTypes(type) : this.basesOf(type);
    return bases.some((base) => this.isMessage(base));
  }

  /** What a channel of messages holds, or takes. */
  private isMessages(type: ts.Type): boolean {
    if (!type.isUnion()) return false;
    return type.types.some((member) => {
      const item = this.itemOf(member);
      return this.isMessage(member) || (item !== undefined && (this.isMessage(item) || this.isMessages(item)));
    });
  }

  private basesOf(type: ts.Type): ts.Type[] {
    const { target } = type as Partial<ts.TypeReference>;
    return target && target !== type && target.isClassOrInterface() ? this.checker.getBaseTypes(target) : [];
  }

  /** What replaces a value instead of reducing into it; no client sends one. */
  private isOverwrite(type: ts.Type): boolean {
    return /^Overwrite(?:Value)?$/.test(type.aliasSymbol?.name ?? type.symbol?.name ?? '');
  }

  /** `Map`, `Set`, `RegExp` and the like have no JSON form of their own. */
  private isOfLibrary(type: ts.Type): boolean {
    const file = type.symbol?.declarations?.[0]?.getSourceFile().fileName ?? '';
    return /\/typescript\/lib\/lib\.[^/]+$/.test(file) && !/^(?:__type|Record|Partial|Pick|Omit)$/.test(type.symbol.name);
  }
}
