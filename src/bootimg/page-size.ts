import { FormatError } from '../binary/index.ts';
import { PAGE_SIZES } from './header.ts';
import { type FieldTable, rangeOf } from './kept.ts';

/** Whether images have such pages. */
export function isPageSize(size: number): boolean {
  const sizes: readonly number[] = PAGE_SIZES;
  return sizes.includes(size);
}

/** @throws FormatError `bootimg.page-size` for a size that no loader has */
export function checkPageSize(
  size: number,
  table: FieldTable,
  hint = 'The header is damaged, or this is not a boot image.',
): void {
  if (isPageSize(size)) return;
  throw new FormatError(
    'bootimg.page-size',
    {
      field: `${table.name}.pageSize`,
      offset: rangeOf(table, 'pageSize').start,
      got: size,
      wanted: `one of ${PAGE_SIZES.join(', ')}`,
    },
    { hint },
  );
}
