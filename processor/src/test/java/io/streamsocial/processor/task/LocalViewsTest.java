package io.streamsocial.processor.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LocalViewsTest {
  @Test
  void hashtagsAreFoldedAsTheyWereCountedAndOtherKeysAreNot() {
    LocalViews views =
        new LocalViews(List.of(), 1, new ReadableTasks("posts"), view -> Optional.empty());
    ViewSchema bursts = PostViews.bursts("posts").schema();
    for (String typed : List.of("java", "JAVA", "#Java", "＃jaVa")) {
      assertThat(views.key(bursts, typed)).as(typed).isEqualTo(ViewKey.of("java"));
    }
    ViewSchema sessions = PostViews.sessions("posts").schema();
    assertThat(views.key(sessions, "#Java")).isEqualTo(ViewKey.of("#Java"));
  }
}
