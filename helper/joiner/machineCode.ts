// The machine code of a joiner (image.ts): one loop that makes the calls of its list. Node cannot join a user namespace (it has several
// threads), nor can it fork; a compiler is not at hand where the extension is installed. So here are the bytes, each line with the
// instruction that it is, in the notation of the GNU assembler; test/kernel/joinerCode.test.ts assembles them and compares.
//
// A step is 12 words: 0 number of the call, 1 to 6 its arguments, 7 its result, 8 the result at which the step of word 9 follows, 10 where
// the line is that is said at an error (three struct iovec; 0: the next step follows), 11 the exit code for then. The number -1 is no
// call: the bytes at the first and the second argument are compared, as many as the third says; 0 if they are the same, else -1.

export const LISTINGS = {
  x64: `
    bb00104100        mov ebx, 0x411000
    488b03         1: mov rax, [rbx]
    488b7b08          mov rdi, [rbx+8]
    488b7310          mov rsi, [rbx+16]
    488b5318          mov rdx, [rbx+24]
    4c8b5320          mov r10, [rbx+32]
    4c8b4328          mov r8, [rbx+40]
    4c8b4b30          mov r9, [rbx+48]
    4883f8ff          cmp rax, -1
    745a              je 6f
    0f05              syscall
    48894338       2: mov [rbx+56], rax
    483b4340          cmp rax, [rbx+64]
    7448              je 5f
    4885c0            test rax, rax
    793d              jns 4f
    488b7350          mov rsi, [rbx+80]
    4885f6            test rsi, rsi
    7434              je 4f
    48f7d8            neg rax
    48c1e006          shl rax, 6
    48034610          add rax, [rsi+16]
    0fb608            movzx ecx, byte ptr [rax]
    48ffc0            inc rax
    48894610          mov [rsi+16], rax
    48894e18          mov [rsi+24], rcx
    bf02000000        mov edi, 2
    ba03000000        mov edx, 3
    b814000000        mov eax, 20
    0f05              syscall
    8b7b58            mov edi, [rbx+88]
    b8e7000000        mov eax, 231
    0f05              syscall
    4883c360       4: add rbx, 96
    eb8b              jmp 1b
    488b5b48       5: mov rbx, [rbx+72]
    eb85              jmp 1b
    4889d1         6: mov rcx, rdx
    f3a6              repe cmpsb
    0f95c0            setne al
    0fb6c0            movzx eax, al
    48f7d8            neg rax
    eb98              jmp 2b`,
  arm64: `
    130082d2          movz x19, #0x1000
    3308a0f2          movk x19, #0x41, lsl #16
    680240a9       1: ldp x8, x0, [x19]
    610a41a9          ldp x1, x2, [x19, #16]
    631242a9          ldp x3, x4, [x19, #32]
    651a40f9          ldr x5, [x19, #48]
    1f0500b1          cmn x8, #1
    00030054          b.eq 6f
    010000d4          svc #0
    601e00f9       2: str x0, [x19, #56]
    692240f9          ldr x9, [x19, #64]
    1f0009eb          cmp x0, x9
    20020054          b.eq 5f
    c001f8b6          tbz x0, #63, 4f
    612a40f9          ldr x1, [x19, #80]
    810100b4          cbz x1, 4f
    290840f9          ldr x9, [x1, #16]
    291900cb          sub x9, x9, x0, lsl #6
    2a154038          ldrb w10, [x9], #1
    292801a9          stp x9, x10, [x1, #16]
    400080d2          mov x0, #2
    620080d2          mov x2, #3
    480880d2          mov x8, #66
    010000d4          svc #0
    602e40f9          ldr x0, [x19, #88]
    c80b80d2          mov x8, #94
    010000d4          svc #0
    73820191       4: add x19, x19, #96
    e6ffff17          b 1b
    732640f9       5: ldr x19, [x19, #72]
    e4ffff17          b 1b
    e30300aa       6: mov x3, x0
    000080d2          mov x0, #0
    02fdffb4       7: cbz x2, 2b
    420400d1          sub x2, x2, #1
    64144038          ldrb w4, [x3], #1
    25144038          ldrb w5, [x1], #1
    9f00056b          cmp w4, w5
    60ffff54          b.eq 7b
    00008092          mov x0, #-1
    e1ffff17          b 2b`,
  arm: `
    008001e3          movw r8, #0x1000
    418040e3          movt r8, #0x41
    7f0098e9       1: ldmib r8, {r0-r6}
    007098e5          ldr r7, [r8]
    010077e3          cmn r7, #1
    1900000a          beq 6f
    000000ef          svc #0
    1c0088e5       2: str r0, [r8, #28]
    209098e5          ldr r9, [r8, #32]
    090050e1          cmp r0, r9
    1200000a          beq 5f
    000050e3          cmp r0, #0
    0e0000aa          bge 4f
    281098e5          ldr r1, [r8, #40]
    000051e3          cmp r1, #0
    0b00000a          beq 4f
    089091e5          ldr r9, [r1, #8]
    009349e0          sub r9, r9, r0, lsl #6
    01a0d9e4          ldrb r10, [r9], #1
    089081e5          str r9, [r1, #8]
    0ca081e5          str r10, [r1, #12]
    0200a0e3          mov r0, #2
    0320a0e3          mov r2, #3
    9270a0e3          mov r7, #146
    000000ef          svc #0
    2c0098e5          ldr r0, [r8, #44]
    f870a0e3          mov r7, #248
    000000ef          svc #0
    308088e2       4: add r8, r8, #48
    e3ffffea          b 1b
    248098e5       5: ldr r8, [r8, #36]
    e1ffffea          b 1b
    0030a0e1       6: mov r3, r0
    0000a0e3          mov r0, #0
    000052e3       7: cmp r2, #0
    e2ffff0a          beq 2b
    012042e2          sub r2, r2, #1
    0140d3e4          ldrb r4, [r3], #1
    0150d1e4          ldrb r5, [r1], #1
    050054e1          cmp r4, r5
    f8ffff0a          beq 7b
    0000e0e3          mvn r0, #0
    dbffffea          b 2b`,
} as const;

export type Processor = keyof typeof LISTINGS;

/** The bytes of a listing. */
export const machineCode = (processor: Processor): Buffer =>
  Buffer.from(LISTINGS[processor].replace(/^ *([0-9a-f]*).*$/gm, '$1').replaceAll('\n', ''), 'hex');
