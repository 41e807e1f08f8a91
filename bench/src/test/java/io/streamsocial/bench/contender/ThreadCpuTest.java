package io.streamsocial.bench.contender;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThreadCpuTest {
  @Test
  void threadsAreClassifiedByTheirNames() {
    assertThat(ThreadCpu.kind("C2 CompilerThre")).isEqualTo("jit");
    assertThat(ThreadCpu.kind("C1 CompilerThre")).isEqualTo("jit");
    assertThat(ThreadCpu.kind("rocksdb:low")).isEqualTo("rocksdb");
    assertThat(ThreadCpu.kind("loop-0")).isEqualTo("work");
    assertThat(ThreadCpu.kind("java")).isEqualTo("main");
    assertThat(ThreadCpu.kind("VM Thread")).isEqualTo("other");
  }
}
