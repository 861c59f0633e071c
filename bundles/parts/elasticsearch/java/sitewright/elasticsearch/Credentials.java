package sitewright.elasticsearch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import org.elasticsearch.action.support.ActionFilter;
import org.elasticsearch.client.node.NodeClient;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.util.concurrent.ThreadContext;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.BytesRestResponse;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestStatus;

/**
 * Answers nobody but who gives a name and a password (HTTP's basic authentication) that stand in the file "credentials"
 * beside elasticsearch.yml, one name:password a line. The file is read for each request, so that a password can be
 * changed without a restart. Without the file nobody is answered.
 */
public final class Credentials extends Plugin implements ActionPlugin {
    private static final String USER = "sitewright.user";

    private final Path file;
    private final Rights rights;
    private ThreadContext context;

    /** Made by the node, which gives its settings and the folder that they are from. */
    public Credentials(Settings settings, Path conf) {
        this.file = conf.resolve("credentials");
        this.rights = new Rights(conf.resolve("rights"), () -> context == null ? null : context.getTransient(USER));
    }

    /** Every action that a user's request becomes is looked at, not only the request. */
    @Override
    public List<ActionFilter> getActionFilters() {
        return List.of(rights);
    }

    @Override
    public UnaryOperator<RestHandler> getRestHandlerWrapper(ThreadContext context) {
        this.context = context;
        return Guarded::new;
    }

    /** The name that a request is from; null if it is from nobody who is known. */
    private String known(RestRequest request) throws IOException {
        String given = request.header("Authorization");
        if (given == null || !given.regionMatches(true, 0, "Basic ", 0, 6)) {
            return null;
        }
        byte[] said;
        try {
            said = Base64.getDecoder().decode(given.substring(6).trim());
        } catch (IllegalArgumentException error) {
            return null;
        }
        String found = null;
        List<String> lines = Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        for (String line : lines) {
            // Every line is compared, in a time that does not depend on how much of it is right.
            boolean same = MessageDigest.isEqual(line.getBytes(StandardCharsets.UTF_8), said);
            found = same && line.indexOf(':') > 0 ? line.substring(0, line.indexOf(':')) : found;
        }
        return found;
    }

    /** A handler of requests that first asks who it is. */
    private final class Guarded implements RestHandler {
        private final RestHandler inner;

        Guarded(RestHandler inner) {
            this.inner = inner;
        }

        @Override
        public void handleRequest(RestRequest request, RestChannel channel, NodeClient client) throws Exception {
            String name = known(request);
            if (name != null) {
                context.putTransient(USER, name);
                inner.handleRequest(request, channel, client);
                return;
            }
            BytesRestResponse refused = new BytesRestResponse(channel, RestStatus.UNAUTHORIZED,
                    new SecurityException("name and password are needed, and these are none that are known here"));
            refused.addHeader("WWW-Authenticate", "Basic realm=\"elasticsearch\", charset=\"UTF-8\"");
            channel.sendResponse(refused);
        }

        @Override
        public boolean canTripCircuitBreaker() {
            return inner.canTripCircuitBreaker();
        }

        @Override
        public boolean supportsContentStream() {
            return inner.supportsContentStream();
        }

        @Override
        public RestHandler getConcreteRestHandler() {
            return inner.getConcreteRestHandler();
        }

        @Override
        public boolean allowsUnsafeBuffers() {
            return inner.allowsUnsafeBuffers();
        }

        @Override
        public List<Route> routes() {
            return inner.routes();
        }

        @Override
        public boolean allowSystemIndexAccessByDefault() {
            return inner.allowSystemIndexAccessByDefault();
        }
    }
}
