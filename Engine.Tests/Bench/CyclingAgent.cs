using Engine.Bench.Games;
using Engine.Core;
using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Goes round and round over all cells of a board with an even number of rows: greedy, it fills every board.</summary>
internal sealed class CyclingAgent : ITrainedAgent
{
    private readonly float[] _table;

    public CyclingAgent(Snake snake)
    {
        Environment = AnyEnvironment.Of(snake);
        var (rows, columns) = (snake.Rows, snake.Columns);
        Assert.True(rows % 2 == 0);
        _table = new float[rows * columns * 4];

        // Along the upper row, back and forth through the others but for their first cells, and up along these.
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int action = row % 2 == 0
                    ? column == columns - 1 ? Snake.Down : column == 0 && row > 0 ? Snake.Up : Snake.Right
                    : column == 0 ? Snake.Up : column == 1 && row < rows - 1 ? Snake.Down : Snake.Left;
                _table[(((row * columns) + column) * 4) + action] = 3;
            }
        }
    }

    public IEnvironment<object> Environment { get; }

    public string Describe => "round and round";

    public Tensor Logits(Tensor observation)
        => observation[.., .., 1].Reshape(1, -1).MatMul(Tensor.From(_table, [_table.Length / 4, 4])).Reshape(4);
}
