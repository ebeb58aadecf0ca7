/**
 * The text of {@link TEXT} as the tools pack it: xz -9 --check=crc32, xz --format=lzma, bzip2 -9,
 * lz4 -l -9, lz4 -9 -BX --content-size, zstd -19, lzop -9.
 */
export const PACKED: Readonly<Record<string, Uint8Array>> = {
  xz: base64(
    '/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4AT4AI5dADYaSh8IoCYDTQad9XyPaV6d2w10qn9JrW15lYs9pmnRXDVKVP' +
      '4v1NiZ60ht14knj2DwooTQ3TSm4VmgDDOz+fEWqfwbjYPNNPIYOTmsFPllE/t2mXXN2xB93sqa3KOJbzWAsPTylpSp' +
      'kIpAysSsKkxPr2QqVRYSUWAarvgHma6ua745TcrXJWD4jSKM2QAAAABFeMG4AAGmAfkJAAA8bc/FPjANiwIAAAAAAV' +
      'la',
  ),
  lzma: base64(
    'XQAAgAD//////////wA2GkofCKAmA00GnfV8j2lendsNdKp/Sa1teZWLPaZp0Vw1SlT+L9TYmetIbdeJJ49g8KKE0N' +
      '00puFZoAwzs/nxFqn8G42DzTTyGDk5rBT5ZRP7dpl1zdsQfd7KmtyjiW81gLD08paUqZCKQMrErCpMT69kKlUWElFg' +
      'Gq74B5murmu+OU3K1yVg+I1WwgZZ//FDYy4=',
  ),
  bzip2: base64(
    'QlpoOTFBWSZTWQkylOsAAcjZgAAQQAR/4CengEAwALpBpppqaEg0AFBo0aDIDQKlInpGTNT1GCciLiLiKiMRH0Rt62' +
      'pfW1ssrVwwJCZNc2zLvnWbWUHJ/ACB4fG91xe1FmdYUB70gC84pkDCp1CunpwLuQiIKkCBA9AEUEWCOxHAI6EciKiO' +
      'gjwIoI7EYiPIj+LuSKcKEgEmUp1g',
  ),
  'lz4-legacy': base64(
    'AiFMGOAAAADyCWxpbmUgMCBvZiBtbngsIGFnYWluIGFuZAoAEQofAB8xHwALHzQfAAsfOV0ADB82IAALLzI1IAALHz' +
      'NAAAwfNIAADB82vwAMHzj+AAwfM78ADA9fAAwvNDcgAAsvNzJgAAwPngAMD74ADB82QAAMHzl+AQ0P/wAMHzdbAg0P' +
      'gAAMHzVgAAwfOf4BDQ+dAg0P3AIND4AADQ9gAAwfNQABDB84nwEMD38BDB8yPgIMHzhgAAwfNb8ADB8ynwEMHzhdAw' +
      '0PPQMND+AADB8xQAAMHzj/AQwfNiAAAlBnYWluCg==',
  ),
  lz4: base64(
    'BCJNGHxA+QQAAAAAAABn4AAAAPIJbGluZSAwIG9mIG1ueCwgYWdhaW4gYW5kCgARCh8AHzEfAAsfNB8ACx85XQAMHz' +
      'YgAAsvMjUgAAsfM0AADB80gAAMHza/AAwfOP4ADB8zvwAMD18ADC80NyAACy83MmAADA+eAAwPvgAMHzZAAAwfOX4B' +
      'DQ//AAwfN1sCDQ+AAAwfNWAADB85/gEND50CDQ/cAg0PgAAND2AADB81AAEMHzifAQwPfwEMHzI+AgwfOGAADB81vw' +
      'AMHzKfAQwfOF0DDQ89Aw0P4AAMHzFAAAwfOP8BDB82IAACUGdhaW4KflgJIQAAAABYHVUs',
  ),
  lzo: base64(
    'iUxaTwANChoKEEAgoAlAAwkDAAANAAAAAGsJCkEAAAAAACWhAjUAAAT5AAAAtA1Tne0pbGluZSAwIG9mIG1ueCwgYWdhaW' +
      '4gYW5kpQEKmQMxPHkANDx5ADk9cQE2PH4AMjU8fQAzPf0AND39ATY9+QI4PfUDMz34Aj16ATQ3PH4ANzI9fAE9dAI99QI2' +
      'Pf0AOT70BT35Azc+aAk9/QE1PX0BOT70Bz5wCj5sCz78AT19ATU9/QM4PXgGPfkFMj31CDg9fQE1PfkCMj15Bjg+cA0+8A' +
      'w9fQMxPf0AOD35BzY4fAARAAAAAAAA',
  ),
  zstd: base64(
    'KLUv/QRodQMAAsYREbA75PY4lsBQybakpGQRA10J7iSzN/2JKjchQ9uJaP7lfGb/bU0xdvvVc1HHYNZNwv7s2+r5nM' +
      'C0gk2VVDC8xhA5FHiaWgEpqDEo+/qfAaAbxhE0DOH/GYI/dYADv5FfcYEPVCdfSCBosKvRnZsI',
  ),
};

/** xz --check=sha256 --x86 --lzma2=preset=6,lc=2,lp=1,pb=1: what the WebAssembly reader does not know. */
export const FILTERED_XZ = base64(
  '/Td6WFoAAArh+wyhAgEEACEBFgANhjUf4AT4AJY4ADYaSjTPW0guLEwUYb+LraGhdvZrN9y9DW4ArvXUMzdtnoTJNc' +
    '9uLX2a97E0m5vxI+fkDuFeRgDlLM6l1Jaq7YeZIAWDBJf7IwgPDbQivQcGnNyvok51YiX8hmr7mGGqZCxCRK0XNtTo' +
    'jAc/e+9zPiyMPzjh2WeHnPbueSKpfLT90yx28L6R63o0/DxFn54wXZ/KKvQ5AAAAABSUc/VKLVW6RyxRbSv414tzMv' +
    '3sipwz3woqIUvnqX36AAHKAfkJAAAdovm6tunfHAIAAAAAClla',
);

/** What the fixtures hold. */
export const TEXT = Uint8Array.from(
  Buffer.from(
    Array.from({ length: 40 }, (_, i) => `line ${(i * i) % 97} of mnx, again and again\n`).join(''),
  ),
);

function base64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
