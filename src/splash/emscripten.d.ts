// harfbuzzjs' declarations name this type of @types/emscripten, whose members nobody here asks for.
declare interface EmscriptenModule {
  readonly HEAPU8: Uint8Array;
}
