/** Who runs what: placement, the group's user data, the assignor. */
@NullMarked
package io.streamsocial.processor.group;

import org.jspecify.annotations.NullMarked;
