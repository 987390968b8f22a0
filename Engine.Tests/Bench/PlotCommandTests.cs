using System.Text.Json.Nodes;
using System.Xml.Linq;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class PlotCommandTests : IDisposable
{
    private const string Header = "update,frames,return_mean,gamma\n";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void MethodsAreComparedOverSeeds()
    {
        Write("run/0-0/metrics.csv", Header + "1,10,1,0.5\n2,20,2,0.5\n");
        Write("run/0-1/metrics.csv", Header + "1,10,,0.5\n2,20,4,0.5\n3,30,9,0.5\n");
        Write("run/3-mix-0/metrics.csv", Header + "1,10,5,0.5\n2,20,7,0.5\n3,30,9,0.7\n4,40,8,0.7\n5,50,");
        var (code, output, error) = Plot("--y", "return_mean,gamma", _temporary.At("run"));
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains("| 0     | return_mean |          20* |     2 |    3.000 [2.000, 4.000] |    3.000 [2.000, 4.000] |", output);
        Assert.Contains("| 3-mix | gamma       |           40 |     1 |                  0.7000 |                  0.7000 |", output);
        Assert.Contains("over seeds. * Some seeds have rows that others lack, which are left out.", output);
        var svg = XDocument.Load(_temporary.At("plot.svg"));
        string[] texts = [.. svg.Descendants().Where(element => !element.HasElements).Select(element => element.Value)];
        Assert.All(["return_mean", "gamma", "frames", "0", "3-mix"], text => Assert.Contains(text, texts));
        Assert.Equal(
            "run,method,column,seeds,x,mean,mean_low,mean_high,iqm,iqm_low,iqm_high\n"
                + $"{_temporary.At("run")},0,return_mean,2,10,,,,,,\n"
                + $"{_temporary.At("run")},0,return_mean,2,20,3,2,4,3,2,4\n"
                + $"{_temporary.At("run")},3-mix,return_mean,1,10,5,,,5,,\n",
            string.Concat(File.ReadLines(_temporary.At("plot.curves.csv")).Take(4).Select(line => line + "\n")));
        var final = JsonNode.Parse(File.ReadAllText(_temporary.At("plot.final.json")))!["curves"]!;
        Assert.Equal(2, (double)final[0]!["final"]!["mean-interval"]!["low"]!);
        Assert.Null(final[1]!["final"]!["mean-interval"]);
    }

    [Fact]
    public void RunsOfOtherExperimentsHaveTheirMethodsInTheTable()
    {
        Write("a/metrics.csv", "method,seed,iteration,bias\n1,0,0,4\n1,1,0,NaN\n2-mix,0,0,3\n2-mix,1,0,5\n");
        Write("b/metrics.csv", "method,seed,iteration,bias\n1,7,0,6\n");
        var (code, output, error) = Plot("--y", "bias", "--statistic", "mean", _temporary.At("a"), _temporary.At("b") + "/");
        Assert.Equal((ExitCodes.Ok, "a, 1 has no numbers in bias: nothing of it is drawn."), (code, error.TrimEnd()));
        Assert.Contains("| a, 1     | bias   |               0 |     2 |                    - |", output);
        Assert.Contains("| a, 2-mix | bias   |               0 |     2 | 4.000 [3.000, 5.000] |", output);
        Assert.Contains("| b, 1     | bias   |               0 |     1 |                6.000 |", output);

        // A run that is called like its method need not say so twice.
        Write("1/metrics.csv", "method,seed,iteration,bias\n1,7,0,6\n");
        Assert.Contains("| 1        | bias ", Plot("--y", "bias", _temporary.At("1"), _temporary.At("a")).Output);
    }

    // Of 2-mix three rollouts an update, or four with validation apart; two seconds and one, then one and one, are 1.5 and 2.5.
    [Fact]
    public void WhatLearningCostIsAnAxis()
    {
        const string Columns = "update,frames,return_mean,frames_per_second\n";
        Write("run/2-mix-0/metrics.csv", Columns + "1,10,1,5\n2,20,2,10\n");
        Write("run/2-mix-1/metrics.csv", Columns + "1,10,3,10\n2,20,4,10\n");
        Write("run/back-5-0/metrics.csv", Columns + "1,10,1,5\n2,20,2,5\n");
        Assert.Equal(["2-mix 30", "2-mix 60", "back-5 10", "back-5 20"], Places("frames_played"));
        Assert.Equal(["2-mix 1.5", "2-mix 2.5", "back-5 2", "back-5 4"], Places("seconds"));
        Write("run/config.json", """{ "fresh-validation": true }""");
        Assert.Equal(["2-mix 40", "2-mix 80", "back-5 20", "back-5 40"], Places("frames_played"));
        Write("run/config.json", "[");
        Assert.Contains("config.json can't be read, which says", Plot("--x", "frames_played", _temporary.At("run")).Error);

        Write("other.csv", "frames,return_mean\n10,7\n");
        Assert.Contains("does not say by what method: name another", Plot("--x", "frames_played", _temporary.At("other.csv")).Error);
        Assert.Contains("--x seconds: it follows from frames_per_second, which", Plot("--x", "seconds", _temporary.At("other.csv")).Error);

        string[] Places(string x)
        {
            var (code, _, error) = Plot("--x", x, "--y", "return_mean", _temporary.At("run"));
            Assert.Equal((ExitCodes.Ok, ""), (code, error));
            return
            [
                .. File.ReadLines(_temporary.At("plot.curves.csv")).Skip(1).Select(line => line.Split(','))
                    .Select(cells => $"{cells[1]} {cells[4]}"),
            ];
        }
    }

    [Fact]
    public void AgentsAndTablesFromElsewhereAreDrawnToo()
    {
        Write("run/5-0/metrics.csv", Header + "1,10,1,0.5\n");
        Write("run/5-1/metrics.csv", Header + "1,10,3,0.5\n");
        Write("other.csv", "name,frames,return_mean\n\"a, b\",10,7\nc,20,8");
        string[] runs = ["run/5-0", "run/5-1", "run", "other.csv"];
        var (code, output, error) = Plot([.. runs.Select(_temporary.At)]);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains("| run, 5    | return_mean |           10 |     2 | 2.000 [1.000, 3.000] |", output);
        Assert.Contains("| other.csv | return_mean |           20 |     1 |                8.000 |", output);
    }

    [Fact]
    public void NumbersAreThoseOfOtherPrograms()
    {
        Write("a.csv", "x,\u001b[31my\n1,inf\n2e300,-2.5\n");
        var (code, output, error) = Plot("--x", "x", "--y", "\u001b[31my", _temporary.At("a.csv"));
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains("| a.csv | \\u001b[31my | 2E+300 |", System.Text.RegularExpressions.Regex.Replace(output, " +", " "));
        Write("comma.csv", "x,y\n1,\"1,5\"\n");
        (code, output, error) = Plot("--x", "x", "--y", "y", _temporary.At("comma.csv"));
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains("'1,5' in line 2", error);
    }

    [Fact]
    public void NothingThatIsDrawnIsReplaced()
    {
        Write("plot.curves.csv", "x,y\n1,2\n");
        var (code, _, error) = Plot("--x", "x", "--y", "y", _temporary.At("plot.curves.csv"));
        Assert.Equal(ExitCodes.UserError, code);
        Assert.Contains("plot.curves.csv would be replaced, which is drawn; give the picture another name.", error);
        Assert.Equal("x,y\n1,2\n", File.ReadAllText(_temporary.At("plot.curves.csv")));
    }

    [Fact]
    public void AgentsThatHaveJustBegunAreLeftOut()
    {
        Write("run/5-0/metrics.csv", Header + "1,10,1,0.5\n");
        Write("run/5-1/metrics.csv", Header);
        Write("run/5-2/metrics.csv", "");
        var (code, output, error) = Plot(_temporary.At("run"));
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains("| 5     | return_mean |           10 |     1 |", output);
    }

    // As an agent's folder may be called, but its table says what it is.
    [Fact]
    public void ARunMayEndInANumber()
    {
        Write("quick-2/metrics.csv", "method,seed,iteration,bias\n1,0,0,4\n");
        Write("quick-3/metrics.csv", "method,seed,iteration,bias\n1,0,0,5\n");
        var (_, output, _) = Plot("--y", "bias", _temporary.At("quick-2"), _temporary.At("quick-3"));
        Assert.Contains("| quick-2, 1 | bias   |               0 |     1 |", output);
        Assert.Contains("| quick-3, 1 | bias   |               0 |     1 |", output);
    }

    [Fact]
    public void ACurveMayBeAlongAColumnOfAnyName()
    {
        Write("a.csv", "mean,y\n5,7\n");
        var (code, _, error) = Plot("--x", "mean", "--y", "y", _temporary.At("a.csv"));
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Equal(
            "run,method,column,seeds,x,mean,mean_low,mean_high,iqm,iqm_low,iqm_high\n" + $"{_temporary.At("a.csv")},,y,1,5,7,,,7,,\n",
            File.ReadAllText(_temporary.At("plot.curves.csv")).ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("日本")]
    [InlineData("five日本")]
    [InlineData("go🎉")]
    [InlineData("\u0001")]
    public void LabelsAreInAnyScript(string name)
    {
        string[] files = [$"{name}.csv", "other.csv"];
        foreach (string file in files)
            Write(file, "frames,y\n1,2\n2,3\n");
        var (code, _, error) = Plot(["--y", "y", .. files.Select(_temporary.At)]);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        var texts = XDocument.Load(_temporary.At("plot.svg")).Descendants().Select(element => element.Value);
        Assert.Contains($"{name}.csv".Replace("\u0001", ""), texts);
    }

    [Theory]
    [InlineData("metrics.csv", "1,7\n2,8", "8.000")]
    [InlineData("metrics.csv", "1,7\n2", "7.000")]
    [InlineData("other.csv", "1,7\n2", "7.000")]
    [InlineData("other.csv", "1,7\n2,8\n\n", "8.000")]
    [InlineData("other.csv", "1,7\r\n2,8\r\n\r\n", "8.000")]
    public void AFileEndsInAnyWay(string file, string rows, string last)
    {
        Write(file, "frames,y\n" + rows);
        var (code, output, error) = Plot("--y", "y", _temporary.At(file));
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains($" {last} |", output);
    }

    [Fact]
    public void NumbersAreWrittenEvenIfTheFigureCantBe()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        Write("a.csv", "frames,y\n5,7\n");
        File.CreateSymbolicLink(_temporary.At("plot.svg"), _temporary.At("no/such.svg"));
        Assert.Equal(ExitCodes.UserError, Plot("--y", "y", _temporary.At("a.csv")).Code);
        Assert.True(File.Exists(_temporary.At("plot.curves.csv")) && File.Exists(_temporary.At("plot.final.json")));
    }

    [Theory]
    [InlineData("there is no such folder, nor file", "nowhere")]
    [InlineData("has no metrics.csv, nor has an agent in it", "EMPTY")]
    [InlineData("has no rows of metrics yet", "HEADER")]
    [InlineData("is no table of comma-separated values", "RAGGED")]
    [InlineData("is no table of comma-separated values", "TWICE")]
    [InlineData("is no table of comma-separated values", "HOLE")]
    [InlineData("--y gama: ", "RUN", "--y", "gama")]
    [InlineData("has no such column; there are method, seed, iteration, bias, note.", "RUN")]
    [InlineData("--x time: ", "RUN", "--y", "bias", "--x", "time")]
    [InlineData("'good' in line 2 of ", "RUN", "--y", "note")]
    [InlineData("--x bias: the seeds have no value of it in common (1); name another column.", "RUN", "--y", "bias", "--x", "bias")]
    [InlineData("--points is 0", "RUN", "--points", "0")]
    [InlineData("--out plot.png: a picture is an SVG file; end its name in .svg.", "RUN", "--out", "plot.png")]
    [InlineData("there is no such folder", "RUN", "--out", "no/such/plot.svg")]
    public void MistakesAreNamed(string part, params string[] args)
    {
        Directory.CreateDirectory(_temporary.At("EMPTY"));
        Write("HEADER/metrics.csv", Header);
        Write("RAGGED", "a,b\n1,2\n3\n");
        Write("TWICE", "a,a\n1,2\n");
        Write("HOLE", "a,b\n1,2\n\n3,4\n");
        Write("RUN/metrics.csv", "method,seed,iteration,bias,note\n1,0,0,4,good\n1,1,0,5,bad\n");
        var (code, output, error) = Plot([_temporary.At(args[0]), .. args[1..]]);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains(part, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private (int Code, string Output, string Error) Plot(params string[] args)
        => ProgramTests.Run(["plot", .. args, .. args.Contains("--out") ? [] : (string[])["--out", _temporary.At("plot.svg")]]);

    private void Write(string file, string text)
    {
        string path = _temporary.At(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
