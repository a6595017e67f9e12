import { Type } from 'class-transformer';
import { IsArray, IsInt, ValidateNested, validate } from 'class-validator';
import { plainToInstance } from 'class-transformer';
class Item { @IsInt() size: number; }
class B { @IsArray() @ValidateNested({ each: true }) @Type(() => Item) items?: Item[]; }
it('v', async () => { const e = await validate(plainToInstance(B, { items: [{ size: 1 }, { size: 'x' }] })); console.log(e[0]!.value, Array.isArray(e[0]!.value), e[0]!.children); });
