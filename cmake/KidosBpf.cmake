# kidos_bpf(NAME SOURCE [DEFINES ...]): compiles a BPF object into
# build/bpf/NAME.bpf.o and its skeleton into build/bpf/NAME.skel.h.
# The target kidos_bpf_NAME stands for both.
find_program(KIDOS_CLANG NAMES clang-19 clang-18 clang-17 clang-16 REQUIRED)
find_program(KIDOS_LLVM_STRIP NAMES llvm-strip-19 llvm-strip-18 llvm-strip-17 llvm-strip-16 REQUIRED)
find_program(KIDOS_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

# uapi headers include <asm/types.h>, which lies in the multiarch folder.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-multiarch
  OUTPUT_VARIABLE KIDOS_MULTIARCH OUTPUT_STRIP_TRAILING_WHITESPACE)

# What kprobes read of registers.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(KIDOS_TARGET_ARCH __TARGET_ARCH_arm64)
else()
  set(KIDOS_TARGET_ARCH __TARGET_ARCH_x86)
endif()

set(KIDOS_BPF_FLAGS -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Wshadow -Werror
  -Wno-unused-parameter -fno-stack-protector
  -I${CMAKE_SOURCE_DIR}/bpf -idirafter /usr/include/${KIDOS_MULTIARCH})

function(kidos_bpf name source)
  cmake_parse_arguments(ARG "NO_SKELETON" "" "DEFINES" ${ARGN})
  set(object ${CMAKE_BINARY_DIR}/bpf/${name}.bpf.o)
  set(skeleton ${CMAKE_BINARY_DIR}/bpf/${name}.skel.h)
  list(TRANSFORM ARG_DEFINES PREPEND -D)
  add_custom_command(OUTPUT ${object}
    COMMAND ${KIDOS_CLANG} ${KIDOS_BPF_FLAGS} ${ARG_DEFINES} -MD -MF ${object}.d
      -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    COMMAND ${KIDOS_LLVM_STRIP} -g ${object}
    DEPENDS ${source} DEPFILE ${object}.d
    COMMENT "BPF object ${name}.bpf.o" VERBATIM)
  set(outputs ${object})
  if(NOT ARG_NO_SKELETON)
    add_custom_command(OUTPUT ${skeleton}
      COMMAND sh -c "${KIDOS_BPFTOOL} gen skeleton ${object} name ${name}_bpf > ${skeleton}"
      DEPENDS ${object} COMMENT "Skeleton ${name}.skel.h" VERBATIM)
    list(APPEND outputs ${skeleton})
  endif()
  add_custom_target(kidos_bpf_${name} ALL DEPENDS ${outputs})
endfunction()
