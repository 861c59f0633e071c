package sitewright.elasticsearch;

import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.mapper.MapperExtrasPlugin;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.reindex.ReindexPlugin;
import org.elasticsearch.transport.Netty4Plugin;
import org.elasticsearch.xpack.core.XPackPlugin;

/**
 * Starts a node of the jars on the class path, with the elasticsearch.yml and log4j2.properties in es.path.conf.
 *
 * <p>Elasticsearch's own program wants its modules in folders that only its distribution has. What that program does
 * beside starting a node (its checks of the host, its security manager) is not done here.
 */
public final class Server extends Node {
    private static final Collection<Class<? extends Plugin>> PLUGINS = Arrays.asList(
            Netty4Plugin.class, XPackPlugin.class, MapperExtrasPlugin.class, ReindexPlugin.class, Credentials.class);

    private Server(Environment environment) {
        super(environment, PLUGINS, false);
    }

    /** Starts the node and waits until it is told to end. */
    public static void main(String[] arguments) throws Exception {
        Path conf = Paths.get(System.getProperty("es.path.conf"));
        Settings home = Settings.builder().put("path.home", System.getProperty("es.path.home")).build();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
                home, Collections.emptyMap(), conf, () -> System.getenv().getOrDefault("HOSTNAME", "node"));
        LogConfigurator.loadLog4jPlugins();
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(environment.settings()));
        LogConfigurator.configure(environment);
        Server server = new Server(environment);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                server.close();
            } catch (java.io.IOException error) {
                System.err.println("the node did not close: " + error);
            }
            ended.countDown();
        }));
        server.start();
        ended.await();
    }
}
