using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed partial class ReportCommandTests : IDisposable
{
    private const string Snake = "snake --grid 4 --step-limit 9 --envs 2 --rollout 3 --frames 96 --log-every 2 --threads 1 --points 0";
    private const string Mrp = "mrp --look-ahead 1,2 --seeds 2 --iterations 9 --monte-carlo 2 --batch 4 --log-every 3 --threads 1";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void TheNumbersAreThoseOfTheRuns()
    {
        TrainedFolder.Run($"{Snake} --method 0 --seeds 2 --out {At("a")}");
        TrainedFolder.Run($"{Snake} --method 1 --gamma 0.9 --out {At("b")}");
        string printed = Report($"{At("a")} {At("b")} --title 5<6");
        Assert.StartsWith($"Written to {At("report.html")}: ", printed);
        Assert.Contains(", 2 games (", printed);
        string page = File.ReadAllText(At("report.html"));
        Assert.Contains("<title>5&lt;6</title>", page);

        // What differs, and nothing else.
        string[] differ = [.. Rows(page, "Settings that differ").Select(row => row[0])];
        Assert.Equal(["", "method", "seeds", "gamma"], differ);

        // Curves are what plot draws.
        var (code, _, error) = TrainedFolder.Try($"plot {At("a")} {At("b")} --y gamma --out {At("p.svg")}");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        string[][] drawn = [.. File.ReadAllLines(At("p.curves.csv"))[1..].Select(line => line.Split(','))];
        var gamma = Data(page)["charts"]!.AsArray().Single(chart => (string?)chart!["y"] == "gamma")!;
        Assert.Equal(["a, 0", "b, 1"], gamma["curves"]!.AsArray().Select(curve => (string?)curve!["name"]));
        Assert.Equal(
            drawn.Select(row => double.Parse(row[8], CultureInfo.InvariantCulture)),
            gamma["curves"]!.AsArray().SelectMany(curve => curve!["y"]!.AsArray()).Select(value => (double)value!),
            (expected, actual) => Math.Abs(expected - actual) < 1e-5);
        Assert.NotNull(gamma["curves"]![0]!["low"]);
        Assert.Null(gamma["curves"]![1]!["low"]);

        // What it says reproduces a run does.
        string command = Commands().Match(page).Groups[1].Value;
        Assert.StartsWith("engine train --config a.json --out runs/a", command);
        string settings = System.Net.WebUtility.HtmlDecode(Files().Match(page).Groups[1].Value);
        File.WriteAllText(At("a.json"), settings);
        TrainedFolder.Run($"train --config {At("a.json")} --out {At("again")}");
        TrainedFolder.AssertSame(At("a"), At("again"));
    }

    [Fact]
    public void ClaimsAndFiguresOfOtherExperimentsAreThere()
    {
        TrainedFolder.Run($"{Mrp} --out {At("mrp")}");
        Report(At("mrp"));
        string page = File.ReadAllText(At("report.html"));
        var claims = JsonNode.Parse(File.ReadAllText(At("mrp/summary.json")))!["claims"]!.AsArray();
        Assert.Equal(claims.Count, Rows(page, "Claims").Length - 1);
        Assert.All(claims, claim => Assert.Contains(System.Net.WebUtility.HtmlEncode((string)claim!["text"]!), page));
        string figure = Convert.ToBase64String(File.ReadAllBytes(At("mrp/figure4.svg")));
        Assert.Contains(figure, page);
        Assert.Contains("engine mrp --config mrp.json", page);
    }

    // Nothing that a page can be made to fetch or run by a run's own texts.
    [Fact]
    public void TextsAreTexts()
    {
        const string Method = "</script><img src=x onerror=alert(1)>";
        File.WriteAllText(At("x.csv"), $"method,frames,y\n{Method},1,2\n{Method},2,3\n");
        Report(At("x.csv"));
        string page = File.ReadAllText(At("report.html"));
        Assert.DoesNotContain("<img", page);
        Assert.Equal(2, Regex.Count(page, "</script>"));
    }

    [Fact]
    public void MistakesAreNamed()
    {
        string missing = $"{At("none")}: there is no such folder, nor file.";
        Assert.Equal((ExitCodes.UserError, "", missing), Try($"report {At("none")} --out {At("r.html")}"));
        Directory.CreateDirectory(At("broken"));
        File.WriteAllText(At("broken/metrics.csv"), "frames,y\n1,2\n");
        File.WriteAllText(At("broken/config.json"), "{ ");
        Assert.Contains($"{At("broken/config.json")} can't be read", Try($"report {At("broken")} --out {At("r.html")}").Error);
        File.Delete(At("broken/config.json"));
        foreach (string summary in (string[])["[]", "{\"claims\": 1}", "{\"claims\": [{}]}", "{\"claims\": [null]}"])
        {
            File.WriteAllText(At("broken/summary.json"), summary);
            var (code, _, error) = Try($"report {At("broken")} --out {At("r.html")}");
            Assert.Equal(ExitCodes.UserError, code);
            Assert.StartsWith($"{At("broken/summary.json")} can't be read: ", error);
        }

        Assert.Contains("no such folder", Try($"report {At("broken")} --out {At("nowhere/r.html")}").Error);
        Assert.False(File.Exists(At("r.html")));
    }

    [Fact]
    public async Task ABrowserShowsIt()
    {
        Assert.SkipWhen(Chromium.Installed is null, "There is no Chromium here: the page is not looked at in a browser.");
        TrainedFolder.Run($"{Snake} --method 0 --seeds 2 --out {At("a")}");
        TrainedFolder.Run($"{Snake} --method 1 --out {At("b")}");
        Report($"{At("a")} {At("b")}");
        await using var page = await Chromium.Open(At("report.html"), At("profile"));
        const string Curves = "document.querySelectorAll('#chart-0 .curve').length", Button = "document.querySelector('#legend button')";
        Assert.Equal("2", await page.Value(Curves));
        await page.Value($"{Button}.click()");
        Assert.Equal(("1", "false"), (await page.Value(Curves), await page.Value($"{Button}.getAttribute('aria-pressed')")));
        await page.Value($"{Button}.click()");
        Assert.Equal("2", await page.Value(Curves));

        // What the pointer is over.
        await page.Value("document.querySelector('#chart-0').scrollIntoView()");
        string[] middle = (await page.Value(
            "(() => { const r = document.querySelector('#chart-0 svg').getBoundingClientRect(); "
            + "return [r.x + r.width / 2, r.y + r.height / 2]; })()")).Split(',');
        await page.Do("Input.dispatchMouseEvent", new()
        {
            ["type"] = "mouseMoved",
            ["x"] = double.Parse(middle[0], CultureInfo.InvariantCulture),
            ["y"] = double.Parse(middle[1], CultureInfo.InvariantCulture),
        });
        Assert.Equal(("false", "3"), (
            await page.Value("document.querySelector('#chart-0 .tip').hidden"),
            await page.Value("document.querySelectorAll('#chart-0 .tip tr').length")));

        // Light, dark and on paper.
        const string Ground = "getComputedStyle(document.body).backgroundColor";
        var seen = new List<string>();
        foreach (string scheme in (string[])["light", "dark"])
        {
            await page.Do("Emulation.setEmulatedMedia", new()
            {
                ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }),
            });
            seen.Add($"{await page.Value(Ground)} {await page.Value("document.querySelector('#chart-0 .curve').getAttribute('stroke')")}");
        }

        Assert.Equal(2, seen.Distinct().Count());
        var printed = await page.Do("Page.printToPDF");
        Assert.StartsWith("%PDF", System.Text.Encoding.ASCII.GetString(Convert.FromBase64String((string)printed["data"]!)[..4]));
        Assert.Empty(page.Faults);
    }

    private string Report(string arguments) => TrainedFolder.Try($"report {arguments} --out {At("report.html")}") switch
    {
        (ExitCodes.Ok, var printed, "") => printed,
        var (code, _, error) => throw new InvalidOperationException($"{code}: {error}"),
    };

    private static (int Code, string Output, string Error) Try(string line)
    {
        var (code, output, error) = TrainedFolder.Try(line);
        return (code, output, error.TrimEnd());
    }

    private static JsonNode Data(string page) => JsonNode.Parse(Numbers().Match(page).Groups[1].Value)!;

    // The cells of the first table below a heading.
    private static string[][] Rows(string page, string heading)
    {
        string table = page[page.IndexOf($"<h2>{heading}</h2>", StringComparison.Ordinal)..];
        table = table[..table.IndexOf("</table>", StringComparison.Ordinal)];
        return [.. table.Split("<tr>")[1..].Select(row => Cells().Matches(row).Select(cell => cell.Groups[1].Value).ToArray())];
    }

    private string At(string name) => _temporary.At(name);

    [GeneratedRegex("<t[hd][^>]*>(.*?)</t[hd]>")]
    private static partial Regex Cells();

    [GeneratedRegex("id=\"data\">(.*?)</script>")]
    private static partial Regex Numbers();

    [GeneratedRegex("<pre>(engine .*?)</pre>")]
    private static partial Regex Commands();

    [GeneratedRegex("</summary><pre>(.*?)</pre>", RegexOptions.Singleline)]
    private static partial Regex Files();
}
