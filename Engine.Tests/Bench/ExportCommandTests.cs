using System.Diagnostics;
using System.Globalization;
using System.Text;
using Engine.Bench.Games;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.Tests.Core;
using Engine.Tests.Docs;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class ExportCommandTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    // The model, read and computed from the format alone, says what the agent says; .ci/onnx asks ONNX Runtime.
    [Theory]
    [InlineData("snake --grid 5x6", "value")]
    [InlineData("train --env catch --grid 10x5 --outer-value-head true", "value,outer_value")]
    [InlineData("train --env cartpole --width 2", "value")]
    public void AModelIsItsAgent(string train, string values)
    {
        TrainedFolder.Run($"{train} --method 1 --envs 2 --rollout 3 --frames 300 --points 0 --threads 1 --out {At("run")}");
        string said = TrainedFolder.Try($"export {At("run")} --onnx {At("m.onnx")} --safetensors {At("m.safetensors")}").Output;
        Assert.Equal($"1-0 after 300 frames, written to {At("m.onnx")} and {At("m.safetensors")}.", said.TrimEnd());
        using var agent = LoadedAgent.Load(AgentFolder.Find(At("run"), null), Device.Cpu);
        var model = new OnnxReader(File.ReadAllBytes(At("m.onnx")));
        Assert.Equal(["logits", .. values.Split(',')], model.Outputs);
        using var scope = new TensorScope();
        object state = Episodes.Begin(agent.Environment, Episodes.Keys(0, 0, 1, Device.Cpu)[0]);
        for (int step = 1; step <= 8; step++)
        {
            var observation = agent.Environment.Observe(state);
            var expected = agent.Network.Apply(observation);
            var results = model.Run(observation.ToArray<float>(), [1, .. observation.Shape.Sizes]);
            AssertClose(expected.Logits.ToArray<float>(), results["logits"]);
            AssertClose(expected.Value.ToArray<float>(), results["value"]);
            if (expected.OuterValue is { } outer)
                AssertClose(outer.ToArray<float>(), results["outer_value"]);
            var action = Tensor.Scalar(step % agent.Environment.ActionCount, ElementType.Int32, Device.Cpu);
            state = agent.Environment.Step(state, action, Episodes.Keys(1, step, 1, Device.Cpu)[0]).State;
        }

        // The same tensors, by the same names.
        var file = SafeTensors.Read(At("m.safetensors"));
        Assert.Equal("300", file.Metadata["frames"]);
        Assert.Equal(model.Tensors.Keys.Where(name => name != "last").Order(), file.Tensors.Keys.Order());
        Assert.All(file.Tensors, tensor => Assert.Equal(tensor.Value.Elements<float>().ToArray(), model.Tensors[tensor.Key].Numbers));
    }

    [Fact]
    public void TheSnippetOfTheDocsLoadsAnAgent()
    {
        bool hasNumPy = Python("import numpy", "") is not null;
        Assert.SkipUnless(hasNumPy, "There is no Python with NumPy here: the snippet of docs/export.md is not run.");
        TrainedFolder.Run($"snake --grid 6 --method 1 --envs 2 --rollout 3 --frames 300 --points 0 --threads 1 --out {At("run")}");
        TrainedFolder.Try($"export {At("run")} --safetensors {At("m.safetensors")}");
        using var agent = LoadedAgent.Load(AgentFolder.Find(At("run"), null), Device.Cpu);
        using var scope = new TensorScope();
        var observation = agent.Environment.Observe(Episodes.Begin(agent.Environment, Episodes.Keys(0, 0, 1, Device.Cpu)[0]));
        string numbers = string.Join(',', observation.ToArray<float>().Select(number => FormattableString.Invariant($"{number:R}")));
        string page = File.ReadAllText(Path.Combine(Pages.Root(), "docs", "export.md"));
        string snippet = Pages.Blocks(page).Single(block => block.Text.Contains("def load")).Text;
        string printed = Python(
            $"""
            {snippet}
            x = np.array([{numbers}], np.float32).reshape(1, 6, 6, -1)
            print(*logits(load("m.safetensors"), x)[0])
            """,
            At(""))!;
        float[] there = [.. printed.Split(' ').Select(text => float.Parse(text, CultureInfo.InvariantCulture))];
        AssertClose(agent.Logits(observation).ToArray<float>(), there);
    }

    [Fact]
    public void MistakesAreNamed()
    {
        AssertMistake("export", "export: what to write is missing; give --onnx FILE, --safetensors FILE or both.");
        AssertMistake($"export {At("none")} --onnx {At("m.onnx")}", "there is no such folder");
        AssertMistake($"export --onnx {At("none/m.onnx")}", "there is no such folder");
        AssertMistake($"export --onnx {At("m.onnx")} --agent 7-7", "--agent '7-7'");
        Assert.False(File.Exists(At("m.onnx")));
        AssertMistake($"export --onnx {At("m")} --safetensors {At("m")}", "are both");
        TrainedFolder.Run($"snake --grid 4 --method 0 --envs 2 --rollout 3 --frames 30 --points 0 --threads 1 --out {At("run")}");
        string own = At("run/0-0/checkpoint.safetensors");
        AssertMistake($"export {At("run")} --safetensors {own}", "is the agent's own and would be replaced");
        AssertMistake($"report {At("run")} --out {At("run/0-0/metrics.csv")}", "this would be replaced, which is drawn");
    }

    private static void AssertMistake(string line, string expected)
    {
        var (code, output, error) = TrainedFolder.Try(line);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains(expected, error);
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        float scale = Math.Max(1, expected.Max(Math.Abs));
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5f * scale));
    }

    // What a script prints; null if there is no Python or it fails.
    private static string? Python(string script, string folder)
    {
        foreach (string program in (string[])["/usr/bin/python3", "python3"])
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, ["-c", script])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    WorkingDirectory = folder,
                })!;
                _ = process.StandardError.ReadToEndAsync();
                string printed = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode == 0)
                    return printed.Trim();
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Another may be there.
            }
        }

        return null;
    }

    private string At(string name) => _temporary.At(name);

    // A reader of ONNX that computes one example, in the plainest way.
    private sealed class OnnxReader
    {
        private readonly ILookup<int, object> _graph;

        public OnnxReader(byte[] model)
        {
            var fields = Fields(model);
            Assert.Equal(17ul, Fields((byte[])fields[8].Single())[2].Single());
            _graph = Fields((byte[])fields[7].Single());
            Outputs = [.. _graph[12].Select(value => Text(Fields((byte[])value), 1))];
            Tensors = _graph[5].Select(tensor => Fields((byte[])tensor)).ToDictionary(
                tensor => Text(tensor, 8),
                tensor => ((ulong)tensor[2].Single() == 1 ? Floats((byte[])tensor[9].Single()) : [], Sizes(tensor[1])));
        }

        public string[] Outputs { get; }

        public Dictionary<string, (float[] Numbers, int[] Shape)> Tensors { get; }

        public Dictionary<string, float[]> Run(float[] observation, int[] shape)
        {
            var values = new Dictionary<string, (float[] Numbers, int[] Shape)>(Tensors) { ["observation"] = (observation, shape) };
            foreach (var node in _graph[1].Select(node => Fields((byte[])node)))
            {
                var inputs = node[1].Select(name => values[Encoding.UTF8.GetString((byte[])name)]).ToArray();
                values[Text(node, 2)] = Compute(Text(node, 4), inputs);
            }

            return Outputs.ToDictionary(name => name, name => values[name].Numbers);
        }

        private static (float[] Numbers, int[] Shape) Compute(string kind, (float[] Numbers, int[] Shape)[] inputs)
        {
            var (x, shape) = inputs[0];
            switch (kind)
            {
                case "Relu":
                    return ([.. x.Select(number => Math.Max(0, number))], shape);
                case "Tanh":
                    return ([.. x.Select(MathF.Tanh)], shape);
                case "Identity" or "Squeeze":
                    return (x, shape);
                case "Flatten":
                    return (x, [1, x.Length]);
                case "Gemm":
                    var (weights, sizes) = inputs[1];
                    float[] sums = [.. inputs[2].Numbers];
                    for (int o = 0; o < sizes[0]; o++)
                    {
                        for (int i = 0; i < sizes[1]; i++)
                            sums[o] += weights[(o * sizes[1]) + i] * x[i];
                    }

                    return (sums, [1, sizes[0]]);
                case "Transpose":
                    var (rows, columns, planes) = (shape[1], shape[2], shape[3]);
                    return ([.. from p in Enumerable.Range(0, planes)
                                from at in Enumerable.Range(0, rows * columns)
                                select x[(at * planes) + p]], [1, planes, rows, columns]);
                case "MaxPool":
                    int height = shape[2] / 2, width = shape[3] / 2;
                    return ([.. from c in Enumerable.Range(0, shape[1])
                                from r in Enumerable.Range(0, height)
                                from k in Enumerable.Range(0, width)
                                select Enumerable.Range(0, 4)
                                    .Max(i => x[(((c * shape[2]) + (2 * r) + (i / 2)) * shape[3]) + (2 * k) + (i % 2)])],
                        [1, shape[1], height, width]);
                case "Conv":
                    return (Convolved(inputs), [1, inputs[1].Shape[0], shape[2], shape[3]]);
                default:
                    throw new NotSupportedException(kind);
            }
        }

        private static float[] Convolved((float[] Numbers, int[] Shape)[] inputs)
        {
            var (x, shape) = inputs[0];
            var (weights, sizes) = inputs[1];
            var (rows, columns) = (shape[2], shape[3]);
            float[] y = new float[sizes[0] * rows * columns];
            for (int at = 0; at < y.Length; at++)
            {
                int o = at / (rows * columns), r = at / columns % rows, c = at % columns;
                y[at] = inputs[2].Numbers[o];
                for (int i = 0; i < sizes[1] * 9; i++)
                {
                    int row = r + (i % 9 / 3) - 1, column = c + (i % 3) - 1;
                    if (row >= 0 && row < rows && column >= 0 && column < columns)
                        y[at] += weights[(o * sizes[1] * 9) + i] * x[(((i / 9 * rows) + row) * columns) + column];
                }
            }

            return y;
        }

        private static int[] Sizes(IEnumerable<object> sizes) => [.. sizes.Select(size => (int)(ulong)size)];

        private static float[] Floats(byte[] bytes)
            => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();

        private static string Text(ILookup<int, object> fields, int number) => Encoding.UTF8.GetString((byte[])fields[number].Single());

        private static ILookup<int, object> Fields(byte[] message) => EventReader.Fields(message);
    }
}
