using System.CommandLine;
using System.Text;
using Engine.Bench.Games;
using Engine.Bench.Output;
using Engine.Bench.Reports;
using Engine.Bench.Runs;
using Engine.Kernels;
using Engine.RL.Agents;

namespace Engine.Bench.Commands;

/// <summary>engine report: runs on one page.</summary>
public static class ReportCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "report",
            "Write one page of HTML about runs, finished or not: what differs, final values, curves, claims, an agent at play, and how to "
                + "reproduce them. It needs nothing beside it, and no network.")
        {
            Examples =
            {
                ("engine report runs/table1", "all methods of one run, in report.html"),
                ("engine report runs/five runs/mix --out five-mix.html", "two runs side by side"),
                ("engine report runs/mrp --title \"Looking ahead\"", "another experiment, with its claims"),
                ("engine report runs/table1 --x frames_played", "against all frames, look-ahead included"),
            },
        };
        var runs = new Argument<string[]>("RUN")
        {
            Description = $"Folders of runs or of agents, and files like their {RunFolder.Table}.",
            Arity = ArgumentArity.OneOrMore,
        };
        var file = Options.Of("--out", "The page.", "report.html");
        file.HelpName = "FILE";
        var title = Options.Of<string?>("--title", "What stands above it; where it is not given, the runs.", null);
        title.HelpName = "TEXT";
        var x = Options.Of<string?>("--x", $"The column to draw along, as in 'engine plot': {PlottedCurves.DefaultX}.", null);
        x.HelpName = "NAME";
        var points = Options.Number("--points", "The most points of a curve, each a mean over as many rows: fewer are smoother.", 100, 1);
        command.Add(runs);
        foreach (var option in (Option[])[file, title, x, points])
            command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            string to = parsed.GetValue(file)!;
            UserFile.RequireFolder(to, "--out");
            string[] named = [.. parsed.GetValue(runs)!.Select(Path.TrimEndingDirectorySeparator).Distinct()];
            var measured = new PlottedCurves(named);
            if (measured.Seeds.Any(seed => UserFile.IsSame(seed.Table.Path, to)))
                throw new UserError($"--out {to}: this would be replaced, which is drawn; give the page another name.");
            ReportedRun[] reported = [.. named.Select(ReportedRun.Read)];
            var charts = Chart.All(measured, parsed.GetValue(x), parsed.GetValue(points));
            var games = reported.Select(run => Game(parsed, run, measured, cancel)).OfType<(string, string)>().ToArray();
            string html = new ReportPage(parsed.GetValue(title) ?? string.Join(", ", named), reported, charts, games).ToHtml();
            byte[] bytes = Encoding.UTF8.GetBytes(html);
            UserFile.Write(to, "--out", bytes);
            parsed.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
                $"Written to {to}: {charts.Count} charts, {games.Length} games ({bytes.Length / 1024.0:0} KB)."));
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    // The best agent of a run at a game that is drawn, which is Snake.
    private static (string Who, string Svg)? Game(ParseResult parsed, ReportedRun run, PlottedCurves measured, CancellationToken cancel)
    {
        if (run.Agents(measured.Seeds) is not [var best, ..])
            return null;
        try
        {
            using var agent = LoadedAgent.Load(best, Device.Cpu);
            if (agent.Run.Settings.Env != "snake")
                return null;
            var frames = Episode.Play(agent, PolicyKind.Sampled, 0, 0, Device.Cpu, cancel).Cast<SnakeFrame>().ToArray();
            return ($"{run.Path}: {agent.Describe}", new AnimatedSvg(frames, agent.Describe).ToSvg());
        }
        catch (UserError e)
        {
            parsed.InvocationConfiguration.Error.WriteLine(Printable.Line($"{run.Path} is shown without a game: {e.Message}"));
            return null;
        }
    }
}
