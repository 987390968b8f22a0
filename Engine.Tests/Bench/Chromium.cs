using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Engine.Tests.Bench;

/// <summary>A page in a browser without a window, by Chromium's DevTools protocol.</summary>
internal sealed partial class Chromium : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonNode> _events = [];
    private string? _session;
    private int _last;

    private Chromium(Process process) => _process = process;

    /// <summary>The browser that is installed here; null if none is.</summary>
    public static string? Installed { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>What the page has complained of, and what it has asked of the network.</summary>
    public IEnumerable<string> Faults => _events.Select(message => (string)message["method"]! switch
    {
        "Runtime.exceptionThrown" => message["params"]!.ToJsonString(),
        "Log.entryAdded" => message["params"]!.ToJsonString(),
        "Runtime.consoleAPICalled" => message["params"]!.ToJsonString(),
        "Network.requestWillBeSent" when (string)message["params"]!["request"]!["url"]! is var url
            && !url.StartsWith("file:", StringComparison.Ordinal) && !url.StartsWith("data:", StringComparison.Ordinal) => url,
        _ => null,
    }).OfType<string>();

    /// <summary>Opens a page.</summary>
    /// <param name="file">The file.</param>
    /// <param name="profile">A folder for the browser's own files.</param>
    public static async Task<Chromium> Open(string file, string profile)
    {
        var process = Process.Start(new ProcessStartInfo(
            Installed!,
            ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank"])
        {
            RedirectStandardError = true,
        })!;
        var browser = new Chromium(process);
        string? line;
        do
            line = await process.StandardError.ReadLineAsync();
        while (line is not null && !line.Contains("DevTools listening on ", StringComparison.Ordinal));
        _ = process.StandardError.ReadToEndAsync();
        await browser._socket.ConnectAsync(new Uri(Address().Match(line ?? "").Value), default);
        var target = await browser.Do("Target.createTarget", new() { ["url"] = "about:blank" });
        var attached = await browser.Do(
            "Target.attachToTarget", new() { ["targetId"] = (string)target["targetId"]!, ["flatten"] = true });
        browser._session = (string)attached["sessionId"]!;
        foreach (string domain in (string[])["Runtime", "Log", "Network", "Page"])
            await browser.Do($"{domain}.enable");
        await browser.Do("Page.navigate", new() { ["url"] = new Uri(file).AbsoluteUri });
        while (!browser._events.Any(message => (string)message["method"]! == "Page.loadEventFired"))
            await browser.Receive();
        return browser;
    }

    /// <summary>The value of an expression in the page, as text.</summary>
    public async Task<string> Value(string expression)
    {
        var result = await Do("Runtime.evaluate", new() { ["expression"] = $"String({expression})" });
        return (string)result["result"]!["value"]!;
    }

    /// <summary>Does something by the protocol.</summary>
    public async Task<JsonNode> Do(string method, JsonObject? parameters = null)
    {
        int id = ++_last;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
            message["sessionId"] = _session;
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, default);
        while (true)
        {
            if (await Receive() is { } answer && (int)answer["id"]! == id)
                return answer["result"] ?? throw new InvalidOperationException(answer.ToJsonString());
        }
    }

    /// <summary>Closes the browser.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    // An answer, or null for an event, which is kept.
    private async Task<JsonNode?> Receive()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var text = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, limit.Token);
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        var message = JsonNode.Parse(text.ToArray())!;
        if (message["id"] is not null)
            return message;
        _events.Add(message);
        return null;
    }

    [GeneratedRegex(@"ws://\S+")]
    private static partial Regex Address();
}
