using System.CommandLine;
using Engine.Bench.Output;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine check: derivatives of every operation against finite differences.</summary>
public static class CheckCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "check", "Compare derivatives of every operation, to order 2 or 3, with finite differences in Float64.")
        {
            Examples =
            {
                ("engine check", "all operations"),
                ("engine check --only MatMul,Power", "some"),
                ("engine check --device cuda:0", "on another device"),
            },
        };
        var only = Options.Many("--only", "Names of operations; all where it is not given.", Array.Empty<string>());
        command.Add(only);
        var options = new DeviceOptions(command);
        command.SetAction(parsed =>
        {
            string[] names = parsed.GetValue(only) ?? [];
            Options.RequireKnown(only.Name, names, [.. OperationSample.All.Select(sample => sample.Operation.Name).Distinct()]);
            var samples = OperationSample.All.Where(sample => names.Length == 0 || names.Contains(sample.Operation.Name)).ToArray();
            using var device = options.Open(parsed);
            string[][] rows = [.. samples.Select(sample => Row(sample, device))];
            int failed = rows.Count(row => row[^1] != "ok");
            parsed.Console().WriteTable(["Operation", "Case", ">Order 1", ">Order 2", ">Order 3", ""], rows);
            string verdict = Invariant($"{samples.Length - failed} of {samples.Length} samples agree with finite differences");
            parsed.InvocationConfiguration.Output.WriteLine(verdict + "; columns show relative differences.");
            return failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    private static string[] Row(OperationSample sample, Device device)
    {
        using var scope = new TensorScope();
        try
        {
            double[] errors = sample.Check(device);
            string[] orders = [.. errors.Select(error => Invariant($"{error:0.0E+0}")).Concat(["", "", ""]).Take(3)];
            return [sample.Operation.Name, sample.Case, .. orders, "ok"];
        }
        catch (InvalidOperationException e)
        {
            return [sample.Operation.Name, sample.Case, "", "", "", e.Message];
        }
    }
}
