using System.CommandLine;
using System.Globalization;
using Engine.Bench.Exporting;
using Engine.Bench.Games;
using Engine.Bench.Output;
using Engine.Core.Files;
using Engine.Kernels;

namespace Engine.Bench.Commands;

/// <summary>engine export: a trained agent for other programs.</summary>
public static class ExportCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "export", "Write the network of a trained agent for other programs: as an ONNX model, or its tensors as PyTorch names them.")
        {
            Examples =
            {
                ("engine export --onnx snake.onnx", "the agent that comes with the engine, for ONNX Runtime and the like"),
                ("engine export runs/five --agent 5-2 --safetensors agent.safetensors", "one of several agents, for PyTorch or NumPy"),
            },
        };
        var options = new AgentOptions(command, plays: false);
        var onnx = Options.Of<string?>("--onnx", "Write an ONNX model.", null);
        var tensors = Options.Of<string?>("--safetensors", "Write the tensors, by the names and in the layout of PyTorch.", null);
        (onnx.HelpName, tensors.HelpName) = ("FILE", "FILE");
        command.Add(onnx);
        command.Add(tensors);
        command.SetAction(parsed =>
        {
            var (model, weights) = (parsed.GetValue(onnx), parsed.GetValue(tensors));
            if (model is null && weights is null)
                throw new UserError("export: what to write is missing; give --onnx FILE, --safetensors FILE or both.");
            UserFile.RequireFolder(model, "--onnx");
            UserFile.RequireFolder(weights, "--safetensors");
            var found = options.Find(parsed);
            foreach (string to in new[] { model, weights }.OfType<string>())
            {
                if (UserFile.IsSame(Path.GetDirectoryName(Path.GetFullPath(to))!, found.Location) && File.Exists(to))
                    throw new UserError($"{to} is the agent's own and would be replaced; give what is written another name.");
            }

            UserFile.RequireApart(model, "--onnx", weights, "--safetensors");
            using var agent = LoadedAgent.Load(found, Device.Cpu);
            var network = PortableNetwork.Of(agent.Network, agent.Environment.ObservationShape);
            (string Name, string Text)[] about =
            [
                ("agent", found.Name),
                ("env", agent.Run.Settings.Env),
                ("frames", agent.Frames.ToString(CultureInfo.InvariantCulture)),
                ("observation", $"[{string.Join(", ", network.Observation)}]"),
            ];
            if (model is not null)
                UserFile.Write(model, "--onnx", OnnxModel.Write(network, about));
            if (weights is not null)
            {
                using var bytes = new MemoryStream();
                SafeTensors.Write(bytes, network.Tensors, about.ToDictionary());
                UserFile.Write(weights, "--safetensors", bytes.ToArray());
            }

            parsed.InvocationConfiguration.Output.WriteLine(
                $"{agent.Describe}, written to {string.Join(" and ", new[] { model, weights }.OfType<string>())}.");
            return ExitCodes.Ok;
        });
        return command;
    }
}
