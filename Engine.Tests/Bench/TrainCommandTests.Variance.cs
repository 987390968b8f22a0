using Engine.Bench.Output;
using Engine.RL;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>engine variance, of agents that were trained.</summary>
public sealed partial class TrainCommandTests
{
    // Those that are not learned have no meta-gradient.
    [Fact]
    public void VarianceIsOfWhatIsLearned()
    {
        RunToEnd($"train {Small} --method 1 --learn gamma,learning-rate --points 1 --out {At("a")}");
        RunToEnd($"variance {At("a")} --methods 1 --replicates 2 --oracle 1 --threads 1 --out {At("v")}");
        Assert.Equal(
            ["gamma_std", "learning_rate_std"], Cells("v/metrics.csv")[0].Where(name => name.EndsWith("_std", StringComparison.Ordinal)));
        string[][] metrics = Cells("a/metrics.csv");
        Assert.Single(metrics[1..].Select(row => row[3 + Columns<TrainingRow>.Of("lambda")]).Distinct());
        Assert.Equal(3, metrics[1..].Select(row => row[3 + Columns<TrainingRow>.Of("learning_rate")]).Distinct().Count());
    }

    [Fact]
    public void VarianceRefusesWhatTheAgentsSettingsLeaveNoEffect()
    {
        RunToEnd($"train {Small} --method 1 --fresh-validation true --points 1 --out {At("a")}");
        var (code, _, error) = TrainedFolder.Try($"variance {At("a")} --methods 1,reuse-2 --replicates 2 --oracle 1 --out {At("v")}");
        Assert.Equal((ExitCodes.UserError, "methods is reuse-2, but must be another one with fresh-validation."), (code, error.TrimEnd()));
    }

    [Fact]
    public void VarianceWritesItsFilesAndATable()
    {
        RunToEnd($"{Snake} --out {At("a")}");
        string command = $"variance {At("a")} --agent 2-mix-1 --methods 1,2-mix --replicates 3 --oracle 2 --threads 1";
        var (code, output, error) = Run($"{command} --quiet --out {At("v")}");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Equal(["checkpoint.safetensors", "config.json", "metrics.csv", "variance.png", "variance.svg"], Names("v"));
        string[][] metrics = Cells("v/metrics.csv");
        string[] columns =
        [
            .. from parameter in (string[])["gamma", "lambda", "c_crit", "c_entr"]
               from statistic in (string[])["mean", "mean_error", "std", "std_error", "snr", "snr_error"]
               select $"{parameter}_{statistic}",
            "bias", "bias_error", "cosine", "cosine_error",
        ];
        Assert.Equal(["method", "seed", "iteration", .. columns], metrics[0]);
        string[] expected = ["1,1,1", "2-mix,1,1", "1,1,4", "2-mix,1,4", "1,1,6", "2-mix,1,6"];
        Assert.Equal(expected, metrics[1..].Select(row => string.Join(',', row[..3])));
        Assert.Contains("Cosine with oracle", output);
        Assert.Contains("relative to those of 1-step meta-gradients", output);

        // The same of the agent's own folder, and after an interruption at the first point.
        string own = $"variance {At("a/2-mix-1")} --methods 1,2-mix --replicates 3 --oracle 2 --threads 2";
        RunToEnd($"{own} --out {At("own")}");
        AssertSameText("v/metrics.csv", "own/metrics.csv");
        AssertSameText("v/variance.svg", "own/variance.svg");
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        var interrupted = Run($"{command} --quiet --out {At("parts")}", cancel.Token);
        Assert.Equal(ExitCodes.Interrupted, interrupted.Code);
        Assert.Contains("--resume", interrupted.Error);
        RunToEnd($"{command} --out {At("parts")} --resume");
        AssertSameText("v/metrics.csv", "parts/metrics.csv");
    }

    [Fact]
    public void MistakesOfVarianceAreNamed()
    {
        RunToEnd($"snake {Small} --method 2-mix --seeds 3 --points 1 --out {At("a")}");
        RunToEnd($"snake {Small} --method 0 --points 0 --out {At("none")}");
        Directory.CreateDirectory(At("empty"));
        string to = $"--replicates 2 --methods 1 --oracle 1 --out {At("v")}";
        AssertMistake($"variance {At("nowhere")} {to}", $"{At("nowhere")}: there is no such folder.");
        AssertMistake($"variance {At("empty")} {to}", $"{At("empty")} has no checkpoint.safetensors", "engine train --out");
        AssertMistake($"variance {At("none")} {to}", $"{At("none")} has no points of training", "engine train --points N");
        AssertMistake($"variance {At("a")} {to}", "has several agents: say which with --agent 2-mix-0|2-mix-1|2-mix-2.");
        AssertMistake($"variance {At("a")} --agent 7 {to}", "--agent '7'", "has no such agent; there are 2-mix-0, 2-mix-1, 2-mix-2.");
        AssertMistake($"variance {At("a/2-mix-0")} --agent 7 {to}", "--agent '7'");
        AssertMistake($"variance {At("a/2-mix-0/point-0000.safetensors")} {to}", "has no points of training");
        AssertMistake($"variance {At("a")} --methods 0", "methods is 0, but must be one that looks a step ahead.");
        AssertMistake("variance", "variance needs RUN: The folder of an agent, or of the experiment that trained it.");
        Assert.False(Directory.Exists(At("v")));

        // Overwriting would cost the training.
        string judge = $"variance {At("a")} --agent 2-mix-0 --methods 1 --overwrite";
        foreach (string own in (string[])[At("a") + Path.DirectorySeparatorChar, At("a/2-mix-0")])
            AssertMistake($"{judge} --out {own}", $"--out {own}: the agent that is evaluated is there; name another folder.");
        Assert.Contains("checkpoint.safetensors", Names("a/2-mix-0"));

        // Points and checkpoints that are damaged, of another agent, or of another experiment.
        string point = At("a/2-mix-0/point-0000.safetensors"), checkpoint = At("a/2-mix-1/checkpoint.safetensors");
        byte[] whole = File.ReadAllBytes(checkpoint);
        File.WriteAllBytes(point, whole[..^1]);
        AssertMistake($"variance {At("a")} --agent 2-mix-0 {to}", $"Checkpoint {point} is truncated or corrupt");
        RunToEnd($"snake --grid 8 {Tiny} --method 2-mix --points 1 --out {At("b")}");
        File.Copy(At("b/2-mix-0/point-0000.safetensors"), point, overwrite: true);
        AssertMistake(
            $"variance {At("a")} --agent 2-mix-0 {to} --overwrite",
            $"{point} is a point of another agent's training: settings.grid: \"8x8\" in the checkpoint, \"4x4\" now",
            "Remove it, or train the agent anew.");
        File.WriteAllBytes(checkpoint, whole[..100]);
        AssertMistake($"variance {At("a")} --agent 2-mix-1 {to} --overwrite", $"Checkpoint {checkpoint} is truncated or corrupt");
        RunToEnd($"variance {At("a")} --agent 2-mix-2 {to} --overwrite");
        AssertMistake($"variance {At("v")} {to} --overwrite", "is no checkpoint of a trained agent");
    }
}
